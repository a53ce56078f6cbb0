//! People and companies: names from several countries, some in their own letters.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::json;

use super::dice::Dice;
use crate::account::Account;
use crate::account::reference::Organization;
use crate::account::user::User;
use crate::word::Role;

const DAY: i64 = 86_400;

/// Who there is, for the tickets: ids in order of creation, and when each was made.
#[derive(Debug)]
pub(crate) struct People {
    /// Staff; the first is the administrator. Made before the first ticket.
    pub(crate) agents: Vec<i64>,
    /// Customers with the time they were made, oldest first.
    pub(crate) customers: Vec<(i64, i64)>,
}

/// Makes organizations and users, `count` users in all (at least the three of the staff).
pub(crate) fn fill(account: &mut Account, dice: &mut Dice, count: u64) -> People {
    let organizations = fill_organizations(account, dice, (count / 20).clamp(1, 200));
    let staff = (count / 100).max(3);
    let groups: Vec<i64> = account.groups.iter().map(|group| group.id).collect();
    let now = account.now();
    let mut emails = HashSet::new();
    let mut people = People {
        agents: Vec::new(),
        customers: Vec::new(),
    };
    for number in 0..staff {
        let created_at = now - 700 * DAY + i64::try_from(number).unwrap_or(0) * 60;
        let (name, email, role) = if number == 0 {
            (
                "Mara Lindqvist".to_owned(),
                "agent@example.com".to_owned(),
                Role::Admin,
            )
        } else {
            let person = Person::draw(dice, 0);
            let email = unique(&mut emails, &person.slug, "example.com");
            (person.name, email, Role::Agent)
        };
        let group = groups.get(usize::try_from(number).unwrap_or(0) % groups.len().max(1));
        let id = account.take_id(0);
        account.insert_user(User {
            role,
            verified: true,
            default_group_id: group.copied(),
            ..blank(id, name, Some(email), created_at)
        });
        people.agents.push(id);
    }
    let customers = count.saturating_sub(staff);
    for number in 0..customers {
        let created_at = customer_made_at(now, number, customers, dice);
        let person = Person::draw(dice, number);
        let company = organizations.get(dice.index(organizations.len() * 2));
        let domain = company.map_or("example.org", |(_, domain)| domain);
        let email = (!dice.chance(2)).then(|| unique(&mut emails, &person.slug, domain));
        let id = account.take_id(0);
        let last = now - 3_600;
        let updated_at = created_at + dice.span((last - created_at).min(90 * DAY));
        let mut user = User {
            organization_id: company.map(|(id, _)| *id),
            verified: dice.chance(70),
            updated_at,
            ..blank(id, person.name, email, created_at)
        };
        if dice.chance(60) {
            user.phone =
                Some(format!("+{}{:09}", person.dialling_code, dice.below(1_000_000_000)).into());
        }
        if dice.chance(25) {
            user.external_id = Some(format!("crm-{number}").into());
        }
        if dice.chance(30) {
            let level = dice.pick(&["loyalty_bronze", "loyalty_silver", "loyalty_gold"]);
            user.fields = vec![
                (Cow::Borrowed("loyalty_status"), json!(level)),
                (Cow::Borrowed("orders_total"), json!(1 + dice.below(40))),
            ];
            user.tags.extend(level.map(|level| Cow::Borrowed(*level)));
        }
        account.insert_user(user);
        people.customers.push((id, created_at));
    }
    people
}

/// Six in ten customers are older than the first ticket; the others come during the year.
fn customer_made_at(now: i64, number: u64, customers: u64, dice: &mut Dice) -> i64 {
    let (first, year) = (now - 690 * DAY, now - 366 * DAY);
    let older = (customers * 6).div_ceil(10).max(1);
    let (from, span, place, of) = if number < older {
        (first, year - first, number, older)
    } else {
        (year, 365 * DAY, number - older, (customers - older).max(1))
    };
    let part = |place: u64| {
        let share = i128::from(span) * i128::from(place) / i128::from(of);
        i64::try_from(share).unwrap_or(0)
    };
    let (start, end) = (part(place), part(place + 1));
    from + start + dice.span(end - start)
}

fn blank(id: i64, name: String, email: Option<String>, created_at: i64) -> User {
    User {
        id,
        name: name.into(),
        email: email.map(Into::into),
        more_emails: Vec::new(),
        created_at,
        updated_at: created_at,
        phone: None,
        organization_id: None,
        role: Role::EndUser,
        verified: false,
        external_id: None,
        tags: Vec::new(),
        alias: None,
        active: true,
        suspended: false,
        details: None,
        notes: None,
        locale: (1, "en-US"),
        time_zone: "Europe/Brussels",
        default_group_id: None,
        fields: Vec::new(),
        permanently_deleted: false,
        merged_into: None,
    }
}

fn fill_organizations(account: &mut Account, dice: &mut Dice, count: u64) -> Vec<(i64, String)> {
    let now = account.now();
    let mut made = Vec::new();
    for number in 0..count {
        let place = usize::try_from(number).unwrap_or(0);
        let first = COMPANIES[place % COMPANIES.len()];
        let second = BRANCHES[(place / COMPANIES.len() + place) % BRANCHES.len()];
        let round = place / (COMPANIES.len() * BRANCHES.len());
        let name = match round {
            0 => format!("{first} {second}"),
            round => format!("{first} {second} {}", round + 1),
        };
        let domain = format!("{}-{number}.example", ascii(first));
        let created_at = now - 710 * DAY + dice.span(300 * DAY);
        let id = account.take_id(0);
        account.insert_organization(Organization {
            id,
            name,
            external_id: None,
            domain_names: vec![domain.clone()],
            details: None,
            notes: None,
            tags: Vec::new(),
            created_at,
            updated_at: created_at + dice.span(60 * DAY),
            deleted_at: None,
        });
        made.push((id, domain));
    }
    made
}

fn unique(taken: &mut HashSet<String>, slug: &str, domain: &str) -> String {
    let mut email = format!("{slug}@{domain}");
    let mut number = 2;
    while !taken.insert(email.clone()) {
        email = format!("{slug}{number}@{domain}");
        number += 1;
    }
    email
}

struct Person {
    name: String,
    slug: String,
    dialling_code: u32,
}

impl Person {
    fn draw(dice: &mut Dice, number: u64) -> Self {
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

fn ascii(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
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

static COMPANIES: [&str; 20] = [
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

static BRANCHES: [&str; 10] = [
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
