//! Names of people and companies from several countries.

use super::dice::Dice;

/// A made-up person.
pub(crate) struct Person {
    /// As people write it, in its own letters.
    pub(crate) name: String,
    /// The part of an address before the `@`.
    pub(crate) slug: String,
    /// Of the country, for the phone number.
    pub(crate) dialling_code: u32,
}

impl Person {
    /// Draws one; `number` picks a middle initial.
    pub(crate) fn draw(dice: &mut Dice, number: u64) -> Self {
        let country = &COUNTRIES[dice.index(COUNTRIES.len())];
        let given = dice.pick(country.given).copied().unwrap_or(("Sam", "sam"));
        let family = dice.pick(country.family).copied().unwrap_or(("Doe", "doe"));
        let mut name = if country.family_first {
            format!("{} {}", family.0, given.0)
        } else {
            format!("{} {}", given.0, family.0)
        };
        // Now and then a title, a suffix, a middle initial or a picture, as people write them.
        match dice.below(200) {
            0..3 => name = format!("Dr. {name}"),
            3..5 => name = format!("{name} Jr."),
            5..8 => {
                name = format!(
                    "{} {}. {}",
                    given.0,
                    char::from(b'A' + (number % 26) as u8),
                    family.0
                );
            }
            8 => name.push_str(" 🌻"),
            9 => name.push_str(" 🚲"),
            _ => {}
        }
        Self {
            name,
            slug: format!("{}.{}", given.1, family.1),
            dialling_code: country.dialling_code,
        }
    }
}

type Name = (&'static str, &'static str);

struct Country {
    dialling_code: u32,
    family_first: bool,
    given: &'static [Name],
    family: &'static [Name],
}

static COUNTRIES: [Country; 14] = [
    Country {
        dialling_code: 44,
        family_first: false,
        given: &[
            ("Alice", "alice"),
            ("George", "george"),
            ("Priya", "priya"),
            ("Oliver", "oliver"),
            ("Grace", "grace"),
            ("Samuel", "samuel"),
            ("Imogen", "imogen"),
            ("Callum", "callum"),
        ],
        family: &[
            ("Whitfield", "whitfield"),
            ("O'Connor", "oconnor"),
            ("Hargreaves", "hargreaves"),
            ("Patel", "patel"),
            ("Smith-Jones", "smith-jones"),
            ("Bennett", "bennett"),
            ("Okafor", "okafor"),
            ("MacLeod", "macleod"),
        ],
    },
    Country {
        dialling_code: 1,
        family_first: false,
        given: &[
            ("Maria", "maria"),
            ("James", "james"),
            ("Keisha", "keisha"),
            ("Ethan", "ethan"),
            ("Olivia", "olivia"),
            ("Diego", "diego"),
            ("Harper", "harper"),
            ("Noah", "noah"),
        ],
        family: &[
            ("Johnson", "johnson"),
            ("Nguyen", "nguyen"),
            ("Washington", "washington"),
            ("Garcia", "garcia"),
            ("Kowalski", "kowalski"),
            ("Brooks", "brooks"),
            ("Rivera", "rivera"),
            ("Lee", "lee"),
        ],
    },
    Country {
        dialling_code: 49,
        family_first: false,
        given: &[
            ("Jürgen", "juergen"),
            ("Anneliese", "anneliese"),
            ("Lukas", "lukas"),
            ("Sabine", "sabine"),
            ("Björn", "bjoern"),
            ("Käthe", "kaethe"),
            ("Emre", "emre"),
            ("Franziska", "franziska"),
        ],
        family: &[
            ("Müller", "mueller"),
            ("Schäfer", "schaefer"),
            ("von der Heide", "vonderheide"),
            ("Groß", "gross"),
            ("Yılmaz", "yilmaz"),
            ("Zimmermann", "zimmermann"),
            ("Böhm", "boehm"),
            ("Krause", "krause"),
        ],
    },
    Country {
        dialling_code: 33,
        family_first: false,
        given: &[
            ("Élodie", "elodie"),
            ("Jean-Luc", "jean-luc"),
            ("Chloé", "chloe"),
            ("Benoît", "benoit"),
            ("Fatima", "fatima"),
            ("Théo", "theo"),
            ("Amélie", "amelie"),
            ("Rémi", "remi"),
        ],
        family: &[
            ("Lefèvre", "lefevre"),
            ("Dubois", "dubois"),
            ("N'Diaye", "ndiaye"),
            ("Fournier", "fournier"),
            ("Garnier", "garnier"),
            ("Le Goff", "legoff"),
            ("Besançon", "besancon"),
            ("Moreau", "moreau"),
        ],
    },
    Country {
        dialling_code: 34,
        family_first: false,
        given: &[
            ("Lucía", "lucia"),
            ("Íñigo", "inigo"),
            ("María José", "mariajose"),
            ("Álvaro", "alvaro"),
            ("Nuria", "nuria"),
            ("Xavier", "xavier"),
            ("Begoña", "begona"),
            ("Pablo", "pablo"),
        ],
        family: &[
            ("García Núñez", "garcianunez"),
            ("Ibáñez", "ibanez"),
            ("Muñoz", "munoz"),
            ("Puig", "puig"),
            ("Etxeberria", "etxeberria"),
            ("Serrano", "serrano"),
            ("Peña", "pena"),
            ("Vidal", "vidal"),
        ],
    },
    Country {
        dialling_code: 48,
        family_first: false,
        given: &[
            ("Agnieszka", "agnieszka"),
            ("Paweł", "pawel"),
            ("Małgorzata", "malgorzata"),
            ("Łukasz", "lukasz"),
            ("Zofia", "zofia"),
            ("Krzysztof", "krzysztof"),
            ("Żaneta", "zaneta"),
            ("Jakub", "jakub"),
        ],
        family: &[
            ("Wiśniewska", "wisniewska"),
            ("Zieliński", "zielinski"),
            ("Wójcik", "wojcik"),
            ("Kamińska", "kaminska"),
            ("Dąbrowski", "dabrowski"),
            ("Szymański", "szymanski"),
            ("Król", "krol"),
            ("Lis", "lis"),
        ],
    },
    Country {
        dialling_code: 46,
        family_first: false,
        given: &[
            ("Åsa", "asa"),
            ("Göran", "goran"),
            ("Linnéa", "linnea"),
            ("Mikael", "mikael"),
            ("Ebba", "ebba"),
            ("Sören", "soren"),
            ("Nils", "nils"),
            ("Maja", "maja"),
        ],
        family: &[
            ("Sjöberg", "sjoberg"),
            ("Åkesson", "akesson"),
            ("Nyström", "nystrom"),
            ("Bergqvist", "bergqvist"),
            ("Ekdahl", "ekdahl"),
            ("Lund", "lund"),
            ("Öberg", "oberg"),
            ("Hedlund", "hedlund"),
        ],
    },
    Country {
        dialling_code: 90,
        family_first: false,
        given: &[
            ("Ayşe", "ayse"),
            ("Çağlar", "caglar"),
            ("İrem", "irem"),
            ("Mehmet", "mehmet"),
            ("Gülşen", "gulsen"),
            ("Ömer", "omer"),
            ("Defne", "defne"),
            ("Kerem", "kerem"),
        ],
        family: &[
            ("Öztürk", "ozturk"),
            ("Şahin", "sahin"),
            ("Çelik", "celik"),
            ("Aydın", "aydin"),
            ("Kılıç", "kilic"),
            ("Demir", "demir"),
            ("Koç", "koc"),
            ("Aksoy", "aksoy"),
        ],
    },
    Country {
        dialling_code: 91,
        family_first: false,
        given: &[
            ("Ananya", "ananya"),
            ("Rohan", "rohan"),
            ("Lakshmi", "lakshmi"),
            ("Arjun", "arjun"),
            ("Meera", "meera"),
            ("Vikram", "vikram"),
            ("Deepa", "deepa"),
            ("Sanjay", "sanjay"),
        ],
        family: &[
            ("Iyer", "iyer"),
            ("Chatterjee", "chatterjee"),
            ("Deshpande", "deshpande"),
            ("Reddy", "reddy"),
            ("Kapoor", "kapoor"),
            ("Venkataraman", "venkataraman"),
            ("Singh", "singh"),
            ("Bose", "bose"),
        ],
    },
    Country {
        dialling_code: 81,
        family_first: true,
        given: &[
            ("さくら", "sakura"),
            ("健太", "kenta"),
            ("陽子", "yoko"),
            ("大輔", "daisuke"),
            ("美咲", "misaki"),
            ("翔", "sho"),
        ],
        family: &[
            ("田中", "tanaka"),
            ("佐藤", "sato"),
            ("渡辺", "watanabe"),
            ("小林", "kobayashi"),
            ("山本", "yamamoto"),
            ("中村", "nakamura"),
        ],
    },
    Country {
        dialling_code: 20,
        family_first: false,
        given: &[
            ("فاطمة", "fatma"),
            ("محمد", "mohamed"),
            ("ليلى", "layla"),
            ("أحمد", "ahmed"),
            ("نور", "nour"),
            ("يوسف", "youssef"),
        ],
        family: &[
            ("حسن", "hassan"),
            ("عبد الرحمن", "abdelrahman"),
            ("السيد", "elsayed"),
            ("منصور", "mansour"),
            ("خليل", "khalil"),
            ("فاروق", "farouk"),
        ],
    },
    Country {
        dialling_code: 972,
        family_first: false,
        given: &[
            ("נועה", "noa"),
            ("יונתן", "yonatan"),
            ("תמר", "tamar"),
            ("איתי", "itay"),
            ("מיכל", "michal"),
            ("דוד", "david"),
        ],
        family: &[
            ("כהן", "cohen"),
            ("לוי", "levi"),
            ("מזרחי", "mizrahi"),
            ("פרץ", "peretz"),
            ("ביטון", "biton"),
            ("אברהם", "avraham"),
        ],
    },
    Country {
        dialling_code: 380,
        family_first: false,
        given: &[
            ("Олена", "olena"),
            ("Андрій", "andrii"),
            ("Наталія", "nataliia"),
            ("Тарас", "taras"),
            ("Ірина", "iryna"),
            ("Богдан", "bohdan"),
        ],
        family: &[
            ("Шевченко", "shevchenko"),
            ("Коваленко", "kovalenko"),
            ("Бондар", "bondar"),
            ("Мельник", "melnyk"),
            ("Кравчук", "kravchuk"),
            ("Лисенко", "lysenko"),
        ],
    },
    Country {
        dialling_code: 55,
        family_first: false,
        given: &[
            ("João", "joao"),
            ("Conceição", "conceicao"),
            ("Luana", "luana"),
            ("Caetano", "caetano"),
            ("Beatriz", "beatriz"),
            ("Thiago", "thiago"),
            ("Inês", "ines"),
            ("Rafael", "rafael"),
        ],
        family: &[
            ("da Silva", "dasilva"),
            ("Gonçalves", "goncalves"),
            ("Araújo", "araujo"),
            ("dos Santos", "dossantos"),
            ("Magalhães", "magalhaes"),
            ("Pereira", "pereira"),
            ("Nóbrega", "nobrega"),
            ("Lima", "lima"),
        ],
    },
];

/// First words of company names.
pub(crate) static COMPANIES: [&str; 20] = [
    "Brightwater",
    "Nordlicht",
    "Casa Verde",
    "Ferrum",
    "Oakline",
    "Blue Harbour",
    "Perlmutt",
    "Quarry",
    "Sonnenhof",
    "Tramontana",
    "Umbra",
    "Velvet",
    "Westwind",
    "Ambar",
    "Yarrow",
    "Zephyr",
    "Kestrel",
    "Lumen",
    "Mosaic",
    "Halden",
];

/// Second words of company names.
pub(crate) static BRANCHES: [&str; 10] = [
    "Logistics",
    "Hotels",
    "Studio",
    "GmbH",
    "Foods",
    "& Sons",
    "Textiles",
    "Clinic",
    "Engineering",
    "Travel",
];
