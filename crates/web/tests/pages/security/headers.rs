//! Header injection: line ends in a value that reaches a header make no header and no second answer.

use engine::attachments::{self, Limits, NewComment, Source};

use super::client::{Reply, Request, coded};
use super::forms;
use super::furniture;
use crate::house::{EMAIL, House, PASSWORD, on_both};

/// What tries to begin a new header, and a new answer.
const LINES: [&str; 5] = [
    "a\r\nX-Planted: yes\r\n\r\n<zqx>",
    "a\nX-Planted: yes",
    "a\rX-Planted: yes",
    "a\u{2028}X-Planted: yes\u{85}",
    "a\0\r\n X-Planted: yes",
];

/// No line of the head is planted, and none has a sign that ends or breaks lines.
fn look(what: &str, reply: &Reply) {
    assert_ne!(reply.status, 0, "{what} broke the answer");
    assert!(reply.is_guarded(), "{what} has no policy: {}", reply.head);
    assert_eq!(reply.header("x-planted"), "", "{what}: {}", reply.head);
    for line in reply.head.split("\r\n") {
        assert!(!line.starts_with("X-Planted"), "{what}: {line:?}");
        let odd = line.contains(|c: char| c.is_control() && c != '\t');
        assert!(!odd, "{what}: {line:?}");
    }
}

/// The names of a header's parts; what stands in quotes is one value (RFC 6266, 4.1).
fn parts(header: &str) -> Vec<&str> {
    let mut quoted = false;
    let ends = |sign| {
        quoted ^= sign == '"';
        sign == ';' && !quoted
    };
    let parts = header.split(ends).map(str::trim);
    parts.filter_map(|part| part.split('=').next()).collect()
}

#[tokio::test]
async fn line_ends_in_an_address_or_a_form_make_no_header() {
    on_both(async |house: House| {
        let at = house.address();
        house.case(1, "Printer").await;
        let session = house.browser().await.cookie().unwrap().to_owned();
        let mut looked = 0;
        for lines in LINES {
            let lines = coded(lines);
            for route in web::routes().into_iter().chain(web::operations()) {
                if route.method != "GET" || route.path == "/assets/{name}" {
                    continue;
                }
                let path: Vec<&str> = route.path.split('/').collect();
                let path = path.iter().map(|part| match part.starts_with('{') {
                    true => lines.as_str(),
                    false => part,
                });
                let path = path.collect::<Vec<_>>().join("/");
                let asked = format!("{path}?next={lines}&done={lines}&state={lines}&code={lines}&outcome={lines}&from={lines}&format={lines}");
                for request in [
                    Request::get(&asked),
                    Request::get(&asked).by_person(&session),
                ] {
                    look(&asked, &request.send(at).await);
                    looked += 1;
                }
            }
        }
        assert!(looked > 500, "{looked}");
        for lines in LINES {
            let fields = [("email", EMAIL), ("password", PASSWORD), ("next", lines)];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
            look("next", &Request::form("/login", &fields).send(at).await);
        }
    })
    .await;
}

#[tokio::test]
async fn line_ends_in_the_name_of_a_file_make_no_header() {
    on_both(async |house: House| {
        let at = house.address();
        house.case(1, "Printer").await;
        let session = house.browser().await.cookie().unwrap().to_owned();
        for lines in LINES {
            let new = NewComment {
                case: "1",
                text: "See the file.",
                public: false,
                author: &house.ada.id,
                actor: EMAIL,
            };
            let source = Source {
                name: format!("{lines}\"; x=\".txt"),
                content: Box::pin(std::io::Cursor::new(b"hello".to_vec())),
            };
            let added =
                attachments::comment(&house.engine, new, vec![source], Limits::default()).await;
            // As Zendesk may name it, past what a name from here is cleaned of.
            let mut tx = house.engine.store.begin().await.unwrap();
            let id = added.unwrap().files.remove(0);
            let known = store::attachments::find(&mut tx, &id)
                .await
                .unwrap()
                .unwrap();
            let raw = store::attachments::Attachment {
                id: house.id(),
                file_name: format!("{lines}\"; x=\".txt"),
                size: 0,
                ..known
            };
            let all = [raw];
            store::attachments::add(&mut tx, &all).await.unwrap();
            tx.commit().await.unwrap();
            for id in [&id, &all[0].id] {
                let path = format!("/attachments/{id}");
                let reply = Request::get(&path).by_person(&session).send(at).await;
                look(lines, &reply);
                assert_eq!(reply.status, 200, "{lines:?}");
                let told = reply.header("content-disposition");
                assert_eq!(
                    parts(told),
                    ["attachment", "filename", "filename*"],
                    "{told}"
                );
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn line_ends_in_names_that_people_and_zendesk_gave_make_no_header() {
    fn lines(place: &str) -> String {
        // A file's columns have no line ends in their names: it would not get any further.
        match place {
            "header" => place.to_owned(),
            place => format!("{place} \r\nX-Planted: yes\r\n\r\n"),
        }
    }
    fn address(place: &str) -> String {
        format!("{place}@customer.example\r\nX-Planted: yes")
    }
    let seeds = furniture::Seeds {
        text: lines,
        name: lines,
        email: address,
        phone: lines,
        value: lines,
    };
    let folder = tempfile::tempdir().unwrap();
    furniture::small(&folder)
        .each(async |world| {
            let site = Box::pin(furniture::furnish(world, &seeds)).await;
            let replies = forms::walk(site.at, &site.admin).await;
            assert!(replies.len() > 60, "{}", replies.len());
            for (path, reply) in &replies {
                look(path, reply);
            }
        })
        .await;
}
