//! Ten thousand requests: who sends them, and what they ask for.

use store::users::UserRole;
use world::World;

use super::canaries::PERSONAL;
use super::client::{Request, coded};
use super::forms::Form;
use super::furniture::{self, Site};

/// How many requests there are.
const REQUESTS: usize = 10_000;

/// Somebody who asks.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) session: Option<String>,
    pub(super) token: Option<String>,
    /// Whether they are to see no personal data.
    restricted: bool,
}

/// A request and who sends it.
#[derive(Clone)]
pub(super) struct Knock {
    pub(super) request: Request,
    pub(super) restricted: bool,
}

impl Visitor {
    fn asks(&self, request: Request) -> Knock {
        let request = match (&self.session, &self.token) {
            _ if request.path.starts_with("/api/") => match &self.token {
                Some(token) => request.by_program(token),
                None => request.with("Authorization", "Bearer deskbridge_zqs-none"),
            },
            (Some(session), _) => request.by_person(session),
            (None, _) => request.with("Cookie", "deskbridge_session=zqs-none"),
        };
        Knock {
            request,
            restricted: self.restricted,
        }
    }
}

/// Everybody: each role with and without restricted access, and a stranger.
pub(super) async fn visitors(world: &World, site: &Site) -> Vec<Visitor> {
    let mut visitors = vec![Visitor {
        session: None,
        token: None,
        restricted: true,
    }];
    for role in UserRole::ALL {
        for restricted in [true, false] {
            let session = if role == UserRole::Administrator && !restricted {
                site.admin.clone()
            } else {
                furniture::somebody(world, site.at, role, restricted).await
            };
            let scopes =
                web::Scope::ALL.map(|scope| ("scope".to_owned(), scope.as_str().to_owned()));
            let mut fields = vec![
                ("name".to_owned(), "all".to_owned()),
                ("days".to_owned(), "30".to_owned()),
            ];
            fields.extend(scopes);
            let made = Request::form("/tokens", &fields).by_person(&session);
            let page = made.send(site.at).await.body;
            let (_, token) = page.split_once("<code>deskbridge_").unwrap();
            let token = format!("deskbridge_{}", token.split('<').next().unwrap());
            visitors.push(Visitor {
                session: Some(session),
                token: Some(token),
                restricted,
            });
        }
    }
    visitors
}

/// Odd values for whatever an address or a form asks for.
const ODD: [&str; 8] = [
    "",
    "\0",
    "-1",
    "99999999999999999999",
    "<script>\"'",
    "../../etc/passwd",
    "\u{202e}\r\nX-Planted: yes",
    "{{1+1}}%s%n",
];

/// Every address that links lead to, and every route with odd ids and odd queries, for everybody.
fn gets(paths: &[String], visitors: &[Visitor]) -> Vec<Knock> {
    let mut knocks = Vec::new();
    for visitor in visitors {
        for path in paths {
            knocks.push(visitor.asks(Request::get(path)));
            // The records of the pages are those of the API, mostly under the same names.
            if !path.contains('?') {
                knocks.push(visitor.asks(Request::get(&format!("/api/v1{path}"))));
            }
        }
        let routes = web::routes().into_iter().chain(web::operations());
        for (number, route) in routes.enumerate() {
            if route.method != "GET" || route.path == "/assets/{name}" {
                continue;
            }
            for shift in 0..2 {
                let odd = coded(ODD[(number + shift) % ODD.len()]);
                let path: Vec<&str> = route.path.split('/').collect();
                let path = path.iter().map(|part| match part.starts_with('{') {
                    true => odd.as_str(),
                    false => part,
                });
                let path = path.collect::<Vec<_>>().join("/");
                let asked = format!(
                    "{path}?q={odd}&cursor={odd}&before={odd}&outcome={odd}&state={odd}&kind={odd}"
                );
                knocks.push(visitor.asks(Request::get(&asked)));
            }
        }
    }
    knocks
}

/// Every form, as it stands with a canary in each field for a secret, and with odd values.
fn posts(forms: &[Form], visitors: &[Visitor]) -> Vec<Knock> {
    let mut knocks = Vec::new();
    for visitor in visitors {
        for (number, form) in forms.iter().enumerate() {
            for odd in [None, Some(ODD[number % ODD.len()])] {
                let fields: Vec<(String, String)> = form
                    .fields
                    .iter()
                    .filter(|field| field.sent || field.kind == "file")
                    .map(|field| {
                        let value = match (field.kind.as_str(), odd) {
                            ("password", _) => format!("zqs-typed-{number}"),
                            ("hidden", _) | (_, None) => field.value.clone(),
                            (_, Some(odd)) => odd.to_owned(),
                        };
                        (field.name.clone(), value)
                    })
                    // What is masked for some is not theirs to type.
                    .filter(|(_, value)| !PERSONAL.iter().any(|personal| value.contains(personal)))
                    .collect();
                knocks.push(visitor.asks(form.request(&fields)));
            }
        }
    }
    knocks
}

/// Every operation that changes something, with bodies good and bad.
fn calls(visitors: &[Visitor]) -> Vec<Knock> {
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "{\"email\":\"zq@staff.example\",\"name\":\"Zq\",\"role\":\"agent\",\"password\":\"zqs-api\"}",
        "{\"name\":\"\\u0000\",\"secret\":\"zqs-api\",\"password\":17}",
    ];
    let mut knocks = Vec::new();
    for visitor in visitors {
        for (number, route) in web::operations().into_iter().enumerate() {
            if route.method == "GET" {
                continue;
            }
            // Two of them each, so that all meet operations of every kind.
            for body in bodies.iter().cycle().skip(number).take(2) {
                let request = Request {
                    method: route.method.to_string(),
                    body: (*body).to_owned(),
                    ..Request::get(&route.path.replace("{id}", "999999"))
                };
                let request = request
                    .with("Content-Type", "application/json")
                    .with("If-Match", "\"1\"");
                knocks.push(visitor.asks(request));
            }
        }
    }
    knocks
}

/// Forms that end sessions or tokens come last: everything else needs them.
fn ends_sessions(form: &Form) -> bool {
    let place = form.action.as_str();
    ["/logout", "/me/", "/users", "/tokens"]
        .iter()
        .any(|part| place.starts_with(part))
}

/// All requests, in an order in which what later ones need is still there, and how many they are.
pub(super) fn plan(paths: &[String], forms: Vec<Form>, visitors: &[Visitor]) -> Vec<Knock> {
    let mut distinct: Vec<Form> = Vec::new();
    for form in forms {
        if !distinct.iter().any(|known| known.action == form.action) {
            distinct.push(form);
        }
    }
    let (last, usual): (Vec<Form>, Vec<Form>) = distinct.into_iter().partition(ends_sessions);
    let mut knocks = gets(paths, visitors);
    knocks.extend(calls(visitors));
    knocks.extend(posts(&usual, visitors));
    // What was changed is looked at again, until there are as many as there are to be.
    let end = posts(&last, visitors);
    let rest = REQUESTS.saturating_sub(knocks.len() + end.len());
    let again = gets(paths, visitors);
    knocks.extend(again.into_iter().cycle().take(rest));
    knocks.extend(end);
    knocks
}
