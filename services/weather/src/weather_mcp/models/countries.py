"""Countries by code and name, in English and their own languages (names: Unicode CLDR; codes: ISO 3166-1)."""

from typing import Final

from weather_mcp.models.names import fold

# Both codes, the main languages besides English, and names, for each country.
_ROWS: Final = """
AD AND ca Andorra; AE ARE ar United Arab Emirates|الإمارات العربية المتحدة|UAE|Emirates; AF AFG
fa/ps Afghanistan|افغانستان; AG ATG - Antigua and Barbuda; AI AIA - Anguilla; AL ALB sq
Albania|Shqipëri; AM ARM hy Armenia|Հայաստան; AO AGO pt Angola; AQ ATA - Antarctica; AR ARG es
Argentina; AS ASM sm American Samoa; AT AUT de Austria|Österreich; AU AUS - Australia; AW ABW nl/pap
Aruba; AX ALA sv Åland Islands|Aland Islands|Åland; AZ AZE az Azerbaijan|Azərbaycan; BA BIH bs/hr/sr
Bosnia and Herzegovina|Bosna i Hercegovina|Босна и Херцеговина|Bosnia; BB BRB - Barbados; BD BGD bn
Bangladesh|বাংলাদেশ; BE BEL nl/fr/de Belgium|België|Belgique|Belgien; BF BFA fr Burkina Faso; BG BGR
bg Bulgaria|България; BH BHR ar Bahrain|البحرين; BI BDI rn/fr Burundi|Uburundi; BJ BEN fr
Benin|Bénin; BL BLM fr St. Barthélemy|Saint Barthelemy|Saint-Barthélemy; BM BMU - Bermuda; BN BRN ms
Brunei; BO BOL es/qu/ay Bolivia; BQ BES nl Caribbean Netherlands|Bonaire, Saint Eustatius and
Saba|Caribisch Nederland; BR BRA pt Brazil|Brasil; BS BHS - Bahamas; BT BTN dz Bhutan|འབྲུག; BV BVT
- Bouvet Island; BW BWA tn Botswana; BY BLR ru/be Belarus|Беларусь; BZ BLZ - Belize; CA CAN fr
Canada; CC CCK - Cocos Islands; CD COD fr Congo - Kinshasa|Democratic Republic of the
Congo|Congo-Kinshasa|DR Congo|DRC; CF CAF sg/fr Central African Republic|Ködörösêse tî
Bêafrîka|République centrafricaine; CG COG fr Congo - Brazzaville|Republic of the
Congo|Congo-Brazzaville|Congo; CH CHE de/gsw/fr Switzerland|Schweiz|Schwiiz|Suisse|Svizzera|Svizra;
CI CIV fr Côte d'Ivoire|Ivory Coast; CK COK - Cook Islands; CL CHL es Chile; CM CMR fr
Cameroon|Cameroun; CN CHN zh China|中国|People's Republic of China|PRC; CO COL es Colombia; CR CRI es
Costa Rica; CU CUB es Cuba; CV CPV pt Cape Verde|Cabo Verde; CW CUW pap/nl Curaçao|Curacao|Kòrsou;
CX CXR - Christmas Island; CY CYP el/tr Cyprus|Κύπρος|Kıbrıs; CZ CZE cs Czechia|Česko|Czech
Republic; DE DEU de Germany|Deutschland; DJ DJI fr/ar Djibouti|جيبوتي; DK DNK da Denmark|Danmark; DM
DMA - Dominica; DO DOM es Dominican Republic|República Dominicana; DZ DZA ar/fr
Algeria|الجزائر|Algérie; EC ECU es/qu Ecuador; EE EST et Estonia|Eesti; EG EGY ar Egypt|مصر; EH ESH
ar Western Sahara|الصحراء الغربية; ER ERI ti/ar Eritrea|ኤርትራ|إريتريا; ES ESP es Spain|España; ET ETH
am Ethiopia|ኢትዮጵያ; FI FIN fi/sv Finland|Suomi; FJ FJI hif/fj Fiji; FK FLK - Falkland Islands; FM FSM
- Micronesia; FO FRO fo Faroe Islands|Føroyar; FR FRA fr France; GA GAB fr Gabon; GB GBR - United
Kingdom|Great Britain|Britain; GD GRD - Grenada; GE GEO ka Georgia|საქართველო; GF GUF fr French
Guiana|Guyane française; GG GGY - Guernsey; GH GHA - Ghana; GI GIB - Gibraltar; GL GRL kl
Greenland|Kalaallit Nunaat; GM GMB - Gambia; GN GIN fr Guinea|Guinée; GP GLP fr Guadeloupe; GQ GNQ
es/fr/pt Equatorial Guinea|Guinea Ecuatorial|Guinée équatoriale|Guiné Equatorial; GR GRC el
Greece|Ελλάδα; GS SGS - South Georgia and South Sandwich Islands|South Georgia and the South
Sandwich Islands; GT GTM es Guatemala; GU GUM ch Guam; GW GNB pt Guinea-Bissau|Guiné-Bissau; GY GUY
- Guyana; HK HKG zh Hong Kong SAR China|Hong Kong|中国香港特别行政区; HM HMD - Heard Island and McDonald
Islands; HN HND es Honduras; HR HRV hr Croatia|Hrvatska; HT HTI ht/fr Haiti|Haïti; HU HUN hu
Hungary|Magyarország; ID IDN id Indonesia; IE IRL ga Ireland|Éire|Eire|Republic of Ireland; IL ISR
he/ar Israel|ישראל|إسرائيل; IM IMN gv Isle of Man|Ellan Vannin; IN IND hi India|भारत; IO IOT -
British Indian Ocean Territory; IQ IRQ ar Iraq|العراق; IR IRN fa Iran|ایران; IS ISL is
Iceland|Ísland; IT ITA it Italy|Italia; JE JEY - Jersey; JM JAM - Jamaica; JO JOR ar Jordan|الأردن;
JP JPN ja Japan|日本; KE KEN sw Kenya; KG KGZ ky/ru Kyrgyzstan|Кыргызстан|Киргизия; KH KHM km
Cambodia|កម្ពុជា; KI KIR gil Kiribati; KM COM ar/zdj/wni Comoros|جزر القمر|Comores; KN KNA - St.
Kitts and Nevis|Saint Kitts and Nevis; KP PRK ko North Korea|북한|DPRK; KR KOR ko South
Korea|대한민국|Korea|Republic of Korea; KW KWT ar Kuwait|الكويت; KY CYM - Cayman Islands; KZ KAZ ru/kk
Kazakhstan|Казахстан|Қазақстан; LA LAO lo Laos|ລາວ; LB LBN ar Lebanon|لبنان; LC LCA - St.
Lucia|Saint Lucia; LI LIE de/gsw Liechtenstein|Liächteschtäi; LK LKA si/ta Sri Lanka|ශ්‍රී
ලංකාව|இலங்கை; LR LBR - Liberia; LS LSO st Lesotho; LT LTU lt Lithuania|Lietuva; LU LUX fr/lb/de
Luxembourg|Lëtzebuerg|Luxemburg; LV LVA lv Latvia|Latvija; LY LBY ar Libya|ليبيا; MA MAR ar/fr/tzm
Morocco|المغرب|Maroc|Meṛṛuk; MC MCO fr Monaco; MD MDA ro Moldova|Republica Moldova; ME MNE sr
Montenegro|Црна Гора; MF MAF fr St. Martin|Saint Martin|Saint-Martin; MG MDG mg/fr
Madagascar|Madagasikara; MH MHL mh Marshall Islands; MK MKD mk North Macedonia|Северна
Македонија|Macedonia; ML MLI fr Mali; MM MMR my Myanmar|မြန်မာ|Burma; MN MNG mn Mongolia|Монгол; MO
MAC zh/yue/pt Macao SAR China|Macao|中国澳门特别行政区|中國澳門特別行政區|Macau, RAE da China|Macau; MP MNP - Northern
Mariana Islands; MQ MTQ fr Martinique; MR MRT ar Mauritania|موريتانيا; MS MSR - Montserrat; MT MLT
mt Malta; MU MUS fr Mauritius|Maurice; MV MDV dv Maldives|ދިވެހި ރާއްޖެ; MW MWI ny Malawi; MX MEX es
Mexico|México; MY MYS ms Malaysia; MZ MOZ pt Mozambique|Moçambique; NA NAM - Namibia; NC NCL fr New
Caledonia|Nouvelle-Calédonie; NE NER fr Niger; NF NFK - Norfolk Island; NG NGA yo Nigeria|Nàìjíríà;
NI NIC es Nicaragua; NL NLD nl Netherlands|The Netherlands|Nederland|Holland; NO NOR no/nb/nn
Norway|Norge|Noreg; NP NPL ne Nepal|नेपाल; NR NRU na Nauru; NU NIU niu Niue; NZ NZL mi New
Zealand|Aotearoa; OM OMN ar Oman|عُمان; PA PAN es Panama|Panamá; PE PER es/qu Peru|Perú; PF PYF
fr/ty French Polynesia|Polynésie française; PG PNG tpi/ho Papua New Guinea|Papua Niugini; PH PHL fil
Philippines|Pilipinas; PK PAK ur Pakistan|پاکستان; PL POL pl Poland|Polska; PM SPM fr St. Pierre and
Miquelon|Saint Pierre and Miquelon|Saint-Pierre-et-Miquelon; PN PCN - Pitcairn Islands|Pitcairn; PR
PRI es Puerto Rico; PS PSE ar Palestinian Territories|Palestinian Territory|الأراضي
الفلسطينية|Palestine; PT PRT pt Portugal; PW PLW pau Palau; PY PRY gn/es Paraguay|Paraguai; QA QAT
ar Qatar|قطر; RE REU fr Réunion|Reunion|La Réunion; RO ROU ro Romania|România; RS SRB sr
Serbia|Србија; RU RUS ru Russia|Россия|Russian Federation; RW RWA rw/fr Rwanda|U Rwanda; SA SAU ar
Saudi Arabia|المملكة العربية السعودية; SB SLB - Solomon Islands; SC SYC fr Seychelles; SD SDN ar
Sudan|السودان; SE SWE sv Sweden|Sverige; SG SGP zh/ms/ta Singapore|新加坡|Singapura|சிங்கப்பூர்; SH SHN
- St. Helena, Ascension and Tristan da Cunha|Saint Helena; SI SVN sl Slovenia|Slovenija; SJ SJM nb
Svalbard and Jan Mayen|Svalbard og Jan Mayen; SK SVK sk Slovakia|Slovensko; SL SLE - Sierra Leone;
SM SMR it San Marino; SN SEN wo/fr Senegal|Senegaal|Sénégal; SO SOM so/ar
Somalia|Soomaaliya|الصومال; SR SUR nl Suriname; SS SSD - South Sudan; ST STP pt São Tomé and
Príncipe|Sao Tome and Principe|São Tomé e Príncipe; SV SLV es El Salvador; SX SXM nl Sint
Maarten|Sint-Maarten; SY SYR ar Syria|سوريا; SZ SWZ ss Eswatini|eSwatini|Swaziland; TC TCA - Turks
and Caicos Islands; TD TCD ar/fr Chad|تشاد|Tchad; TF ATF - French Southern and Antarctic
Lands|French Southern Territories; TG TGO fr Togo; TH THA th Thailand|ไทย; TJ TJK tg
Tajikistan|Тоҷикистон; TK TKL tkl Tokelau; TL TLS tet/pt Timor-Leste|Timor Leste|East Timor; TM TKM
tk Turkmenistan|Türkmenistan; TN TUN ar/fr Tunisia|تونس|Tunisie; TO TON to Tonga; TR TUR tr
Türkiye|Turkey; TT TTO - Trinidad and Tobago; TV TUV tvl Tuvalu; TW TWN zh/nan/hak Taiwan|台湾; TZ TZA
sw Tanzania; UA UKR uk/ru Ukraine|Україна|Украина; UG UGA sw Uganda; UM UMI - U.S. Outlying
Islands|United States Minor Outlying Islands; US USA - United States|America|U.S.|U.S.A.; UY URY es
Uruguay; UZ UZB uz Uzbekistan|Oʻzbekiston; VA VAT it Vatican City|Vatican|Città del Vaticano; VC VCT
- St. Vincent and Grenadines|Saint Vincent and the Grenadines; VE VEN es Venezuela; VG VGB - British
Virgin Islands; VI VIR - U.S. Virgin Islands; VN VNM vi Vietnam|Việt Nam|Viet Nam; VU VUT bi/fr
Vanuatu; WF WLF fr Wallis and Futuna|Wallis-et-Futuna; WS WSM sm Samoa; XK XKX sq/sr
Kosovo|Kosovë|Косово; YE YEM ar Yemen|اليمن; YT MYT fr Mayotte; ZA ZAF - South Africa; ZM ZMB -
Zambia; ZW ZWE sn/nd Zimbabwe
"""
_FURTHER: Final = {"uk": "GB"}
_OFFICIAL: Final = """
BN Brunei Darussalam|Negara Brunei Darussalam; BO Plurinational State of Bolivia; CN 中华人民共和国;
CI République de Côte d'Ivoire; DE Federal Republic of Germany|Bundesrepublik Deutschland;
FM Federated States of Micronesia; FR French
Republic|République française; GB United Kingdom of Great Britain and Northern Ireland|U.K.|G.B.; GR Hellenic
Republic; HK Hong Kong SAR; IN Republic of India|Bharat; IR Islamic Republic of Iran; IT Italian Republic|Repubblica
italiana; KP Democratic People's Republic of Korea; KR 한국; LA Lao People's Democratic Republic|Lao PDR; LY State of
Libya; MD Republic of Moldova; MK Republic of North Macedonia; MO Macao SAR; MX United Mexican States|Estados Unidos
Mexicanos; NL Kingdom of the Netherlands; PH Republic of the Philippines; PL Republic of Poland|Rzeczpospolita Polska;
PS State of Palestine; RU Российская Федерация; SY Syrian Arab Republic; SZ Kingdom of Eswatini; TR Republic of
Türkiye|Türkiye Cumhuriyeti; TW Republic of China|臺灣|台灣; TZ United Republic of Tanzania; US United States of
America|Estados Unidos|États-Unis|Vereinigte Staaten; VA Holy See; VE Bolivarian Republic of Venezuela; VN Socialist
Republic of Vietnam; ZA Republic of South Africa; CH Swiss Confederation|Schweizerische Eidgenossenschaft; AT Republic
of Austria|Republik Österreich; ES Kingdom of Spain; PT Portuguese Republic; BR Federative Republic of Brazil; AR
Argentine Republic; CZ Česká republika; SK Slovak Republic; JP 日本国; CV Republic of Cabo Verde; TL Democratic Republic
of Timor-Leste; CD République démocratique du Congo
"""
_ARTICLES: Final = ("the ", "la ", "le ", "les ", "el ", "los ", "die ", "der ")


def _read() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    countries, languages = dict(_FURTHER), dict[str, tuple[str, ...]]()
    for row in " ".join(_ROWS.split()).split("; "):
        code, code3, spoken, names = row.split(" ", 3)
        languages[code] = () if spoken == "-" else tuple(spoken.split("/"))
        countries |= {fold(name): code for name in (code, code3, *names.split("|"))}
    for row in " ".join(_OFFICIAL.split()).split("; "):
        code, _, names = row.partition(" ")
        countries |= {fold(name): code for name in names.split("|")}
    return countries, languages


_COUNTRIES, _LANGUAGES = _read()


def country_of(text: str) -> str | None:
    """The ISO 3166 code of a country given by code or name, or None if it is none."""
    name = fold(text)
    article = next((word for word in _ARTICLES if name.startswith(word)), "")
    return _COUNTRIES.get(name) or _COUNTRIES.get(name.removeprefix(article))


def languages_of(country: str) -> tuple[str, ...]:
    """The main languages of a country besides English, by its code."""
    return _LANGUAGES.get(country, ())
