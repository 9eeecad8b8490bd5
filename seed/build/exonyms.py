"""Names people type for a city whose GeoNames name is another: written for this project, not copied.

One line a city: country, GeoNames name, then other names (native, English, Spanish, sometimes French or
German), all separated by "|".
"""

_TABLE = """
AE|Dubai|دبي
AT|Vienna|Wien|Viena|Vienne
AT|Salzburg|Salzburgo
BE|Brussels|Bruxelles|Brussel|Bruselas|Brüssel
BE|Antwerp|Antwerpen|Anvers|Amberes
BE|Gent|Ghent|Gand|Gante
BE|Brugge|Bruges|Brujas
BE|Liège|Lieja|Luik|Lüttich
BE|Leuven|Louvain|Lovaina
BG|Sofia|Sofía|София
BR|São Paulo|San Pablo|Sampa
BR|Rio de Janeiro|Río de Janeiro
CA|Montréal|Montreal
CA|Québec|Quebec City|Ville de Québec
CH|Zürich|Zurich|Zúrich|Zuerich
CH|Geneva|Genève|Ginebra|Genf
CH|Basel|Basle|Basilea|Bâle
CH|Bern|Berne|Berna
CH|Lausanne|Lausana
CH|Luzern|Lucerne|Lucerna
CH|Sankt Gallen|St. Gallen|St Gallen
CN|Beijing|Peking|Pekín|北京
CN|Shanghai|Shanghái|上海
CN|Guangzhou|Canton|Cantón|广州
CN|Shenzhen|Shenzhén|深圳
CN|Nanjing|Nanking|Nankín|南京
CN|Chongqing|重庆
CN|Chengdu|成都
CN|Hangzhou|杭州
CN|Wuhan|武汉
CN|Xi’an|Xian|Sian|西安
CN|Tianjin|Tientsin|天津
CO|Bogotá|Bogota|Santa Fe de Bogotá
CU|Havana|La Habana
CY|Nicosia|Lefkosia|Λευκωσία
CZ|Prague|Praha|Praga|Prag
CZ|Brno|Brünn
CZ|Pilsen|Plzeň
DE|Munich|München|Muenchen|Múnich
DE|Köln|Cologne|Koeln|Colonia
DE|Nuremberg|Nürnberg|Nuernberg|Núremberg
DE|Hannover|Hanover|Hanóver
DE|Hamburg|Hamburgo
DE|Berlin|Berlín
DE|Frankfurt am Main|Frankfurt|Fráncfort|Frankfurt a. M.
DE|Düsseldorf|Duesseldorf|Dusseldorf
DE|Dresden|Dresde
DE|Aachen|Aix-la-Chapelle|Aquisgrán
DE|Braunschweig|Brunswick
DE|Bremen|Brema
DE|Mainz|Maguncia|Mayence
DE|Trier|Treves|Tréveris
DE|Freiburg|Freiburg im Breisgau|Friburgo
DE|Regensburg|Ratisbon|Ratisbona
DK|Copenhagen|København|Copenhague|Kopenhagen|Koebenhavn
DK|Århus|Aarhus
DZ|Algiers|Alger|Argel|الجزائر
EG|Cairo|Le Caire|El Cairo|القاهرة
EG|Alexandria|Alejandría|الإسكندرية
ES|Sevilla|Seville|Séville
ES|Zaragoza|Saragossa|Saragosse
ES|A Coruña|La Coruña|Corunna
ES|Donostia / San Sebastián|San Sebastián|Donostia|San Sebastian
ES|Palma|Palma de Mallorca|Palma de Majorca
ES|Alicante|Alacant
ES|Bilbao|Bilbo
ES|Pamplona|Iruña|Pampelune
ES|Gasteiz / Vitoria|Vitoria-Gasteiz|Vitoria|Gasteiz
ES|Girona|Gerona
ES|Lleida|Lérida
ES|Castelló de la Plana|Castellón de la Plana|Castellón
ES|Ourense|Orense
ES|Valencia|València|Valence
ES|Elche|Elx
ES|Cartagena|Carthagena
ES|Córdoba|Cordova
FI|Helsinki|Helsingfors
FI|Turku|Åbo
FI|Tampere|Tammerfors
FR|Paris|París
FR|Marseille|Marseilles|Marsella
FR|Lyon|Lyons
FR|Nice|Niza|Nizza
FR|Bordeaux|Burdeos
FR|Strasbourg|Straßburg|Estrasburgo
FR|Toulouse|Tolosa
FR|Dunkirk|Dunkerque|Dunquerque
FR|Avignon|Aviñón
FR|Rouen|Ruan
GB|London|Londres|Greater London|Londra
GB|Edinburgh|Edimburgo|Édimbourg
GB|Cardiff|Caerdydd
GB|Swansea|Abertawe
GB|Newport|Casnewydd
GB|Newcastle upon Tyne|Newcastle
GB|Kingston upon Hull|Hull
GB|Londonderry County Borough|Derry|Londonderry
GB|Derry|Londonderry
GE|Tbilisi|Tiflis|თბილისი
GR|Athens|Athína|Atenas|Αθήνα
GR|Thessaloníki|Thessaloniki|Salonica|Salónica|Θεσσαλονίκη
GR|Piraeus|Peiraiás|El Pireo|Πειραιάς
HR|Rijeka|Fiume
HR|Dubrovnik|Ragusa
ID|Jakarta|Yakarta|Djakarta
IE|Dublin|Dublín|Baile Átha Cliath
IE|Cork|Corcaigh
IE|Galway|Gaillimh
IE|Limerick|Luimneach
IL|Jerusalem|Yerushalayim|Jerusalén|ירושלים
IL|Tel Aviv|Tel Aviv-Yafo|Tel-Aviv|תל אביב
IL|Haifa|Hefa|חיפה
IN|Mumbai|Bombay|मुंबई
IN|Chennai|Madras|சென்னை
IN|Kolkata|Calcutta|Calcuta|কলকাতা
IN|Bengaluru|Bangalore|ಬೆಂಗಳೂರು
IN|Delhi|Dilli|दिल्ली
IN|New Delhi|Nueva Delhi|नई दिल्ली
IN|Pune|Poona|पुणे
IN|Thiruvananthapuram|Trivandrum
IN|Kochi|Cochin
IN|Mysuru|Mysore
IN|Vadodara|Baroda
IN|Varanasi|Benares
IN|Gurugram|Gurgaon|गुरुग्राम
IN|Hyderabad|हैदराबाद|హైదరాబాద్
IN|Visakhapatnam|Vizag
IN|Prayagraj|Allahabad
IQ|Baghdad|Bagdad|بغداد
IR|Tehran|Teheran|Teherán|تهران
IS|Reykjavík|Reikiavik
IT|Rome|Roma
IT|Milan|Milano|Milán|Mailand
IT|Naples|Napoli|Nápoles
IT|Turin|Torino|Turín
IT|Florence|Firenze|Florencia|Florenz
IT|Venice|Venezia|Venecia|Venedig
IT|Genoa|Genova|Génova|Genua
IT|Bologna|Bolonia
IT|Padua|Padova
IT|Mantua|Mantova
IT|Siracusa|Syracuse
IT|Bolzano|Bozen
IT|Trento|Trent
IT|Livorno|Leghorn|Liorna
JP|Tokyo|Tōkyō|Tokio|東京
JP|Osaka|Ōsaka|大阪
JP|Kyoto|Kyōto|Kioto|京都
JP|Kobe|Kōbe|神戸
JP|Nagoya|名古屋
JP|Yokohama|横浜
JP|Sapporo|札幌
JP|Fukuoka|福岡
JP|Hiroshima|広島
KR|Seoul|Seúl|서울
KR|Busan|Pusan|부산
KR|Incheon|Inchon|인천
KR|Daegu|Taegu|대구
KR|Daejeon|Taejon|대전
KR|Gwangju|Kwangju|광주
KZ|Almaty|Alma-Ata|Алматы
KZ|Astana|Nur-Sultan|Астана
LB|Beirut|Beyrouth|بيروت
LT|Vilnius|Vilna|Wilno
LU|Luxembourg|Luxemburg|Luxemburgo
LV|Riga|Rīga
LY|Tripoli|Trípoli|طرابلس
MA|Casablanca|Dar el Beida|الدار البيضاء
MA|Marrakesh|Marrakech|مراكش
MA|Fes|Fez|Fès|فاس
MA|Tangier|Tanger|Tánger|طنجة
MM|Yangon|Rangoon|Rangún|ရန်ကုန်
MX|Mexico City|Ciudad de México|México D. F.|CDMX
MX|Ciudad Juárez|Juárez
NL|The Hague|Den Haag|'s-Gravenhage|La Haya
NL|Amsterdam|Ámsterdam
NL|Rotterdam|Róterdam
NO|Oslo|Christiania
NP|Kathmandu|Katmandú|काठमाडौँ
OM|Muscat|Mascate|مسقط
PL|Warsaw|Warszawa|Varsovia|Warschau
PL|Kraków|Cracow|Cracovia|Krakau
PL|Wrocław|Breslau|Breslavia
PL|Gdańsk|Danzig
PL|Poznań|Posen
PL|Łódź|Lodz
PL|Szczecin|Stettin
PT|Lisbon|Lisboa|Lissabon|Lisbonne
PT|Porto|Oporto
RO|Bucharest|București|Bucarest|Bukarest
RO|Cluj-Napoca|Cluj|Kolozsvár
RO|Timişoara|Timisoara|Temesvár
RS|Belgrade|Beograd|Belgrado|Београд
RU|Moscow|Moskva|Moscú|Москва
RU|Saint Petersburg|Sankt-Peterburg|San Petersburgo|Санкт-Петербург|St Petersburg
SA|Riyadh|Riad|الرياض
SA|Jeddah|Jiddah|Yeda|جدة
SA|Makkah|Mecca|La Meca|مكة
SA|Madinah|Medina|Al Madinah|المدينة المنورة
SE|Gothenburg|Göteborg|Gotemburgo|Goeteborg
SE|Stockholm|Estocolmo
SE|Malmö|Malmo|Malmoe
SG|Singapore|Singapur|新加坡
SI|Ljubljana|Liubliana|Laibach
SK|Bratislava|Pressburg
SY|Damascus|Damas|Damasco|دمشق
SY|Aleppo|Alep|Alepo|حلب
TH|Bangkok|Krung Thep|กรุงเทพมหานคร
TR|Istanbul|İstanbul|Estambul|Constantinople
TR|İzmir|Izmir|Smyrna|Esmirna
TR|Ankara|Angora
TW|Taipei|Taipéi|臺北|台北
TW|Kaohsiung|高雄
TW|Taichung|臺中|台中
UA|Kyiv|Kiev|Kyjiw|Київ
UA|Lviv|Lvov|Leópolis|Lemberg|Львів
UA|Kharkiv|Kharkov|Járkov|Харків
UA|Odesa|Odessa|Одеса
US|New York City|New York|NYC|Nueva York
US|Los Angeles|Los Ángeles|LA
US|San Francisco|SF|Frisco
US|Philadelphia|Filadelfia|Philly
US|New Orleans|Nueva Orleans
US|Washington|Washington, D.C.|Washington DC
US|St. Louis|Saint Louis
US|Saint Paul|St. Paul
US|Nashville|Nashville-Davidson
US|Las Vegas|Vegas
UZ|Tashkent|Toshkent|Taskent
VN|Ho Chi Minh City|Saigon|Thành phố Hồ Chí Minh|Ciudad Ho Chi Minh
VN|Hanoi|Hà Nội|Hanói
ZA|Cape Town|Kaapstad|Ciudad del Cabo
ZA|Johannesburg|Johannesburgo|Joburg
ZA|Gqeberha|Port Elizabeth
ZA|Pretoria|Tshwane
"""

EXONYMS = {}
for _line in _TABLE.strip().splitlines():
    _country, _name, *_others = _line.split("|")
    EXONYMS[_country, _name] = [o for o in _others if o]
