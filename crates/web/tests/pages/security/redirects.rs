//! Open redirects: whatever an address or a form says, nobody is led to another site.

use url::Url;

use super::client::{Request, coded};
use super::html;
use crate::house::{EMAIL, House, PASSWORD, on_both};

/// Ways to write another site, as browsers read addresses (WHATWG URL).
const ELSEWHERE: [&str; 26] = [
    "//evil.example",
    "///evil.example",
    "////evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n//evil.example",
    " //evil.example",
    "\u{1}//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "@evil.example",
    "evil.example",
    ".evil.example",
    "//evil.example\\@ours",
    "/../\\evil.example",
    "/./\\/evil.example",
];

/// Where a browser at our site would go.
fn led(at: std::net::SocketAddr, location: &str) -> Url {
    let here = Url::parse(&format!("http://{at}/login")).unwrap();
    here.join(location).unwrap()
}

#[tokio::test]
async fn nobody_is_led_elsewhere_whatever_a_login_is_told() {
    on_both(async |house: House| {
        let (at, ada) = (house.address(), house.browser().await);
        let session = ada.cookie().unwrap().to_owned();
        let mut ways: Vec<String> = ELSEWHERE.iter().map(|way| coded(way)).collect();
        // Encoded once more, for whoever decodes twice.
        ways.extend(ELSEWHERE.iter().map(|way| coded(&coded(way))));
        let mut led_on = 0;
        for way in ways {
            // Somebody who is signed in already is led on at once.
            let ask = Request::get(&format!("/login?next={way}"));
            let reply = ask.by_person(&session).send(at).await;
            let place = led(at, reply.header("location"));
            assert_eq!(
                place.origin(),
                led(at, "/").origin(),
                "{way} leads to {place}"
            );
            led_on += u32::from(reply.status == 303);
            // The form keeps nothing that leads elsewhere.
            let page = Request::get(&format!("/login?next={way}")).send(at).await;
            for form in super::forms::forms(&page.body) {
                for (name, value) in form.filled() {
                    let place = led(at, &value);
                    assert!(
                        name != "next" || place.origin() == led(at, "/").origin(),
                        "{way} stands in the form as {value}"
                    );
                }
            }
        }
        assert_eq!(led_on, 2 * u32::try_from(ELSEWHERE.len()).unwrap());
        for way in ELSEWHERE {
            let fields = [("email", EMAIL), ("password", PASSWORD), ("next", way)];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let reply = Request::form("/login", &fields).send(at).await;
            assert_eq!(reply.status, 303, "{way}");
            let place = led(at, reply.header("location"));
            assert_eq!(
                place.origin(),
                led(at, "/").origin(),
                "{way} leads to {place}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_led_elsewhere_by_the_way_they_came() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        house.activate(&integration, true).await;
        let at = house.address();
        let session = house.browser().await.cookie().unwrap().to_owned();
        let mut led_on = 0;
        for (number, way) in (10..).zip(ELSEWHERE) {
            let case = house.case(number, "Printer").await;
            let publish = Request::form(&format!("/cases/{number}/publish"), &[]);
            publish.by_person(&session).send(at).await;
            let parked = house.park(&integration, &case).await;
            let conflict = house.conflict(&integration, &case, "Ours").await;
            let from = vec![("from".to_owned(), way.to_owned())];
            let back = vec![("back".to_owned(), way.to_owned())];
            let asked = format!("/parked/{parked}/give-up?from={}", coded(way));
            let page = Request::get(&asked).by_person(&session).send(at).await;
            let tags = html::tags(&page.body);
            for link in tags.iter().filter_map(|tag| tag.get("href")) {
                let place = led(at, link);
                assert_eq!(place.origin(), led(at, "/").origin(), "{asked} has {place}");
            }
            assert!(tags.iter().any(|tag| tag.get("href") == Some("/parked")));
            for (path, fields) in [
                (format!("/conflicts/{conflict}/restore"), &back),
                (format!("/parked/{parked}/retry"), &from),
                (format!("/parked/{parked}/give-up"), &from),
            ] {
                let reply = Request::form(&path, fields)
                    .by_person(&session)
                    .send(at)
                    .await;
                led_on += usize::from(reply.status == 303);
                let place = led(at, reply.header("location"));
                assert_eq!(
                    place.origin(),
                    led(at, "/").origin(),
                    "{path}, {way}: {place}"
                );
            }
        }
        assert!(led_on >= 2 * ELSEWHERE.len(), "{led_on} were led on");
    })
    .await;
}
