"""Cities whose climate and time zone represent their surroundings."""

from dataclasses import dataclass

# name, admin1, country, code, latitude, longitude, population, time zone, inland
_ROWS = """
London|England|United Kingdom|GB|51.50853|-0.12574|8961989|Europe/London|1
London|Ontario|Canada|CA|42.98339|-81.23304|422324|America/Toronto|1
London|Kentucky|United States|US|37.12898|-84.08326|8126|America/New_York|1
Springfield|Missouri|United States|US|37.21533|-93.29824|166810|America/Chicago|1
Springfield|Massachusetts|United States|US|42.10148|-72.58981|154341|America/New_York|1
Springfield|Illinois|United States|US|39.80172|-89.64371|116565|America/Chicago|1
Springfield|Oregon|United States|US|44.04624|-123.02203|60870|America/Los_Angeles|1
Springfield|Ohio|United States|US|39.92423|-83.80882|59680|America/New_York|1
Paris|Île-de-France|France|FR|48.85341|2.3488|2138551|Europe/Paris|1
Paris|Texas|United States|US|33.66094|-95.55551|24782|America/Chicago|1
Reykjavík|Capital Region|Iceland|IS|64.13548|-21.89541|118918|Atlantic/Reykjavik|0
Berlin|State of Berlin|Germany|DE|52.52437|13.41053|3426354|Europe/Berlin|1
Hamburg|Hamburg|Germany|DE|53.55073|9.99302|1739117|Europe/Berlin|0
Munich|Bavaria|Germany|DE|48.13743|11.57549|1260391|Europe/Berlin|1
Zurich|Zurich|Switzerland|CH|47.36667|8.55|341730|Europe/Zurich|1
Vienna|Vienna|Austria|AT|48.20849|16.37208|1691468|Europe/Vienna|1
Rome|Lazio|Italy|IT|41.89193|12.51133|2318895|Europe/Rome|0
Madrid|Madrid|Spain|ES|40.4165|-3.70256|3255944|Europe/Madrid|1
Barcelona|Catalonia|Spain|ES|41.38879|2.15899|1620343|Europe/Madrid|0
Lisbon|Lisbon|Portugal|PT|38.71667|-9.13333|517802|Europe/Lisbon|0
Amsterdam|North Holland|Netherlands|NL|52.37403|4.88969|741636|Europe/Amsterdam|0
Brussels|Brussels Capital|Belgium|BE|50.85045|4.34878|1019022|Europe/Brussels|1
Copenhagen|Capital Region|Denmark|DK|55.67594|12.56553|1153615|Europe/Copenhagen|0
Oslo|Oslo|Norway|NO|59.91273|10.74609|580000|Europe/Oslo|0
Tromsø|Troms|Norway|NO|69.6489|18.95508|52436|Europe/Oslo|0
Stockholm|Stockholm|Sweden|SE|59.32938|18.06871|1515017|Europe/Stockholm|0
Helsinki|Uusimaa|Finland|FI|60.16952|24.93545|558457|Europe/Helsinki|0
Dublin|Leinster|Ireland|IE|53.33306|-6.24889|1024027|Europe/Dublin|0
Edinburgh|Scotland|United Kingdom|GB|55.95206|-3.19648|506520|Europe/London|0
Manchester|England|United Kingdom|GB|53.48095|-2.23743|395515|Europe/London|1
Manchester|New Hampshire|United States|US|42.99564|-71.45479|110229|America/New_York|1
Cambridge|England|United Kingdom|GB|52.2|0.11667|145700|Europe/London|1
Cambridge|Massachusetts|United States|US|42.3751|-71.10561|110402|America/New_York|0
Prague|Prague|Czechia|CZ|50.08804|14.42076|1165581|Europe/Prague|1
Warsaw|Masovia|Poland|PL|52.22977|21.01178|1702139|Europe/Warsaw|1
Athens|Attica|Greece|GR|37.98376|23.72784|664046|Europe/Athens|0
Istanbul|Istanbul|Türkiye|TR|41.01384|28.94966|14804116|Europe/Istanbul|0
Cairo|Cairo|Egypt|EG|30.06263|31.24967|9606916|Africa/Cairo|1
Lagos|Lagos|Nigeria|NG|6.45407|3.39467|15388000|Africa/Lagos|0
Nairobi|Nairobi|Kenya|KE|-1.28333|36.81667|2750547|Africa/Nairobi|1
Cape Town|Western Cape|South Africa|ZA|-33.92584|18.42322|3433441|Africa/Johannesburg|0
Dubai|Dubai|United Arab Emirates|AE|25.07725|55.30927|3478300|Asia/Dubai|0
Mumbai|Maharashtra|India|IN|19.07283|72.88261|12691836|Asia/Kolkata|0
Delhi|Delhi|India|IN|28.65195|77.23149|10927986|Asia/Kolkata|1
Bangkok|Bangkok|Thailand|TH|13.75398|100.50144|5104476|Asia/Bangkok|0
Singapore||Singapore|SG|1.28967|103.85007|5638700|Asia/Singapore|0
Hong Kong||Hong Kong|HK|22.27832|114.17469|7491609|Asia/Hong_Kong|0
Shanghai|Shanghai|China|CN|31.22222|121.45806|22315474|Asia/Shanghai|0
Seoul|Seoul|South Korea|KR|37.566|126.9784|10349312|Asia/Seoul|1
Tokyo|Tokyo|Japan|JP|35.6895|139.69171|9733276|Asia/Tokyo|0
Sydney|New South Wales|Australia|AU|-33.86785|151.20732|4627345|Australia/Sydney|0
Sydney|Nova Scotia|Canada|CA|46.1351|-60.1831|31597|America/Glace_Bay|0
Melbourne|Victoria|Australia|AU|-37.814|144.96332|4917750|Australia/Melbourne|0
Auckland|Auckland|New Zealand|NZ|-36.84853|174.76349|417910|Pacific/Auckland|0
New York|New York|United States|US|40.71427|-74.00597|8804190|America/New_York|0
Los Angeles|California|United States|US|34.05223|-118.24368|3898747|America/Los_Angeles|0
Chicago|Illinois|United States|US|41.85003|-87.65005|2746388|America/Chicago|1
San Francisco|California|United States|US|37.77493|-122.41942|873965|America/Los_Angeles|0
Denver|Colorado|United States|US|39.73915|-104.9847|715522|America/Denver|1
Portland|Oregon|United States|US|45.52345|-122.67621|652503|America/Los_Angeles|1
Portland|Maine|United States|US|43.65737|-70.2589|68408|America/New_York|0
Phoenix|Arizona|United States|US|33.44838|-112.07404|1608139|America/Phoenix|1
Miami|Florida|United States|US|25.77427|-80.19366|442241|America/New_York|0
Toronto|Ontario|Canada|CA|43.70643|-79.39864|2794356|America/Toronto|1
Vancouver|British Columbia|Canada|CA|49.24966|-123.11934|662248|America/Vancouver|0
Mexico City|Mexico City|Mexico|MX|19.42847|-99.12766|12294193|America/Mexico_City|1
Santiago|Santiago Metropolitan|Chile|CL|-33.45694|-70.64827|4837295|America/Santiago|1
Santiago|Santiago|Dominican Republic|DO|19.4517|-70.69703|1200000|America/Santo_Domingo|1
Valencia|Valencia|Spain|ES|39.46975|-0.37739|792492|Europe/Madrid|0
Valencia|Carabobo|Venezuela|VE|10.16202|-68.00765|1385083|America/Caracas|1
Buenos Aires|Buenos Aires F.D.|Argentina|AR|-34.61315|-58.37723|13076300|America/Argentina/Buenos_Aires|0
São Paulo|São Paulo|Brazil|BR|-23.5475|-46.63611|12400232|America/Sao_Paulo|1
Rio de Janeiro|Rio de Janeiro|Brazil|BR|-22.90642|-43.18223|6747815|America/Sao_Paulo|0
Longyearbyen|Svalbard|Svalbard and Jan Mayen|SJ|78.22334|15.64689|2060|Arctic/Longyearbyen|0
"""


@dataclass(frozen=True, slots=True)
class Place:
    """One city; `number` replaces its GeoNames id."""

    number: int
    name: str
    admin1: str
    country: str
    code: str
    latitude: float
    longitude: float
    population: int
    zone: str
    inland: bool


def _place(number: int, row: str) -> Place:
    name, admin1, country, code, latitude, longitude, population, zone, inland = row.split("|")
    number += 2_600_000
    return Place(
        number, name, admin1, country, code, float(latitude), float(longitude), int(population), zone, inland == "1"
    )


PLACES = tuple(_place(number, row) for number, row in enumerate(_ROWS.strip().splitlines()))
_NEAR = 1.5  # degrees; a city represents its surroundings up to this distance


def nearest(latitude: float, longitude: float) -> Place | None:
    """The city that represents a place, if one is near."""
    near = min(PLACES, key=lambda place: _distance(place, latitude, longitude))
    return near if _distance(near, latitude, longitude) <= _NEAR**2 else None


def _distance(place: Place, latitude: float, longitude: float) -> float:
    return (place.latitude - latitude) ** 2 + (place.longitude - longitude) ** 2
