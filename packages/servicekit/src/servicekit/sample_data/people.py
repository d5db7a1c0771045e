"""Names and e-mail addresses of people, in several scripts."""

from dataclasses import dataclass

from servicekit.sample_data.draws import Draws

_DOMAINS = ("example.com", "example.net", "example.org", "mail.example.com")  # reserved by RFC 2606


@dataclass(frozen=True, slots=True)
class People:
    """Names of one language, each with its ASCII spelling for e-mail addresses."""

    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    form: str = "{given} {family}"

    def person(self, draws: Draws, index: int) -> tuple[str, str]:
        """A name, and an e-mail address that contains the index to be unique."""
        given, given_spelling = draws.pick(self.given)
        family, family_spelling = draws.pick(self.family)
        email = f"{given_spelling}.{family_spelling}{index + 1}@{draws.pick(_DOMAINS)}"
        return self.form.format(given=given, family=family), email


def _names(words: str) -> tuple[tuple[str, str], ...]:
    pairs = (word.partition("=") for word in words.split())
    return tuple((name, spelling or name.lower()) for name, _, spelling in pairs)


ENGLISH = People(
    _names("Olivia Noah Amelia Liam Grace Ethan Isla Mason Ruby Lucas Zoe Henry Chloe Jack Maria Samuel Aisha Daniel"),
    _names(
        "Smith Johnson Taylor Brown Wilson Clarke Evans Walker Wright Hughes Okafor Patel O’Brien=obrien Nguyen Reed"
    ),
)
GERMAN = People(
    _names("Lena Jonas Mia Felix Jürgen=juergen Käthe=kaethe Emma Paul Sören=soeren Maria Anton Greta Max Frieda"),
    _names("Müller=mueller Schmidt Weiß=weiss Schröder=schroeder Fischer Köhler=koehler Wagner Becker Yılmaz=yilmaz"),
)
FRENCH = People(
    _names("Chloé=chloe Lucas Zoé=zoe Hugo Éloïse=eloise Théo=theo Camille Inès=ines Noé=noe Marie Amélie=amelie"),
    _names("Martin Bernard Lefèvre=lefevre Moreau Garçon=garcon Dubois Benoît=benoit Petit Traoré=traore Girard"),
)
SPANISH = People(
    _names("María=maria José=jose Lucía=lucia Ángel=angel Sofía=sofia Mateo Núria=nuria Íñigo=inigo Valentina Diego"),
    _names("García=garcia Muñoz=munoz Fernández=fernandez Ibáñez=ibanez Rojas Peña=pena Castillo Núñez=nunez Vega"),
)
PORTUGUESE = People(
    _names("João=joao Ana Gonçalo=goncalo Beatriz Luís=luis Inês=ines Tiago Conceição=conceicao Rafael Mariana"),
    _names("Silva Souza Araújo=araujo Conceição=conceicao Pereira Gonçalves=goncalves Lima Magalhães=magalhaes"),
)
POLISH = People(
    _names("Zofia Łukasz=lukasz Agnieszka Paweł=pawel Małgorzata=malgorzata Jan Wojciech Oleksandr Świętosława=swieta"),
    _names("Kowalska Wiśniewski=wisniewski Wójcik=wojcik Dąbrowska=dabrowska Zieliński=zielinski Nowak Żak=zak"),
)
GREEK = People(
    _names("Ελένη=eleni Γιώργος=giorgos Μαρία=maria Νίκος=nikos Αικατερίνη=katerina Δημήτρης=dimitris"),
    _names("Παπαδόπουλος=papadopoulos Ιωάννου=ioannou Νικολάου=nikolaou Γεωργίου=georgiou"),
)
JAPANESE = People(
    _names("結衣=yui 蓮=ren 陽菜=hina 大翔=hiroto さくら=sakura 健太=kenta 美咲=misaki 翔太=shota"),
    _names("佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡辺=watanabe 伊藤=ito 小林=kobayashi"),
    "{family} {given}",
)
CHINESE = People(
    _names("小明=xiaoming 伟=wei 秀英=xiuying 静=jing 丽华=lihua 建国=jianguo 思远=siyuan 欣怡=xinyi"),
    _names("王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 欧阳=ouyang"),
    "{family}{given}",
)
KOREAN = People(
    _names("민준=minjun 서연=seoyeon 도윤=doyun 지우=jiwoo 하은=haeun 현우=hyunwoo"),
    _names("김=kim 이=lee 박=park 최=choi 정=jung"),
    "{family}{given}",
)
ARABIC = People(
    _names("محمد=mohammed فاطمة=fatima أحمد=ahmed ليلى=layla يوسف=yousef مريم=maryam"),
    _names("العتيبي=alotaibi الصباح=alsabah حداد=haddad النجار=alnajjar"),
)
HINDI = People(
    _names("आरव=aarav अनन्या=ananya विवान=vivaan दीया=diya ईशान=ishaan प्रिया=priya"),
    _names("शर्मा=sharma वर्मा=verma गुप्ता=gupta अय्यर=iyer"),
)
