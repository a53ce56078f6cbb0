//! Script in every text that Zendesk, a file or a colleague can fill (security-and-operations.md 1, *CSRF /
//! browser* and *CSV*): it is shown as what it is, and becomes no element, attribute, address or formula.

use std::collections::BTreeSet;

use super::client::{Reply, Request};
use super::forms;
use super::furniture::{self, Seeds};
use super::html::{self, Tag};

/// Stands in whatever was planted, and in nothing of ours.
const MARK: &str = "zqx";

/// What a template would make of the braces.
const CALCULATED: &str = "266473";

/// Breaks out of texts, of attributes in either quotes and in none, of scripts, comments, templates.
fn script(place: &str) -> String {
    let script = format!(
        "{MARK}-{place} --></title></textarea></script><{MARK}>\"'><img src=x onerror={MARK}()><script>{MARK}()</script> javascript:{MARK}() {{{{547*487+84}}}}{{%{MARK}%}}"
    );
    match place {
        // Of a path only its end would be left.
        "file" | "attached" => script
            .replace("</title></textarea></script>", "")
            .replace(&format!("<script>{MARK}()</script>"), ""),
        _ => script,
    }
}

fn address(place: &str) -> String {
    format!("{MARK}-{place}\"><img/src=x/onerror={MARK}()>'@customer.example")
}

const SEEDS: Seeds = Seeds {
    text: script,
    name: script,
    email: address,
    phone: script,
    value: script,
};

/// Elements that no page of ours has.
const FOREIGN: [&str; 11] = [
    "applet", "audio", "base", "embed", "frame", "iframe", "math", "object", "style", "video", MARK,
];

/// What is wrong with an element of a page.
fn fault(tag: &Tag) -> Option<String> {
    if FOREIGN.contains(&tag.name.as_str()) || tag.name.contains(MARK) {
        return Some(format!("an element <{}>", tag.name));
    }
    let ours = |name: &str| {
        tag.get(name)
            .is_some_and(|from| from.starts_with("/assets/"))
    };
    if ["script", "img"].contains(&tag.name.as_str()) && !tag.closes && !ours("src") {
        return Some(format!("a foreign {}: {:?}", tag.name, tag.attributes));
    }
    if tag.name == "script" && !tag.content.trim().is_empty() {
        return Some(format!("a script in the page: {}", tag.content));
    }
    tag.attributes.iter().find_map(|(name, value)| {
        let is_name = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit());
        if !is_name || name.starts_with("on") || name == "style" || name.contains(MARK) {
            return Some(format!("an attribute {name}={value:?}"));
        }
        let leads = [
            "href",
            "src",
            "action",
            "formaction",
            "hx-get",
            "hx-post",
            "data-events",
        ];
        let scheme = value.trim_start().to_ascii_lowercase();
        let known = ["/", "#", "?", "http://", "https://", "mailto:"];
        (leads.contains(&name.as_str()) && !known.iter().any(|known| scheme.starts_with(known)))
            .then(|| format!("an address {name}={value:?}"))
    })
}

/// What is wrong with an answer that shows or hands out what was planted.
fn faults(path: &str, reply: &Reply) -> Vec<String> {
    let kind = reply.header("content-type");
    let mut found = Vec::new();
    if kind.starts_with("text/html") || kind.starts_with("text/event-stream") {
        found.extend(html::tags(&reply.body).iter().filter_map(fault));
    } else if kind.starts_with("text/csv") {
        found.extend(
            cells(&reply.body)
                .into_iter()
                .filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\0', '\r']))
                .map(|cell| format!("a formula {cell:?}")),
        );
    } else if kind.starts_with("application/octet-stream") {
        if !reply
            .header("content-disposition")
            .starts_with("attachment;")
        {
            found.push("a file that is shown".to_owned());
        }
    } else if reply.body.contains(MARK) && !kind.starts_with("application/json") {
        found.push(format!("{kind:?} with what was planted"));
    }
    if reply.body.contains(CALCULATED) {
        found.push("braces that were calculated".to_owned());
    }
    if !reply.is_guarded() {
        found.push("an answer without a policy, or whose kind is guessed".to_owned());
    }
    found
        .iter()
        .map(|fault| format!("{path}: {fault}"))
        .collect()
}

/// The cells of a CSV file (RFC 4180).
fn cells(text: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut signs = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => cell.extend(signs.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                let last = std::mem::take(&mut cell);
                cells.push(last.trim_end_matches('\r').to_owned());
            }
            sign => cell.push(sign),
        }
    }
    cells.push(cell);
    cells
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_write_is_text_on_every_page_and_in_every_download() {
    let folder = tempfile::tempdir().unwrap();
    furniture::small(&folder)
        .each(async |world| {
            let site = Box::pin(furniture::furnish(world, &SEEDS)).await;
            let mut replies = forms::walk(site.at, &site.admin).await;
            let all_rows = format!("/workflows/{}/rows.csv", site.workflow);
            let events = format!("/workflows/{}/events", site.workflow);
            for more in [
                "/audit.csv",
                "/cases?q=zqx",
                "/contacts?q=zqx",
                &all_rows,
                &events,
            ] {
                let reply = Request::get(more)
                    .by_person(&site.admin)
                    .send(site.at)
                    .await;
                replies.insert(more.to_owned(), reply);
            }
            let wrong: Vec<String> = replies
                .iter()
                .flat_map(|(path, reply)| faults(path, reply))
                .collect();
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));

            // It is shown: a place whose text is nowhere would prove nothing.
            let mut shown = BTreeSet::new();
            for reply in replies.values() {
                for part in html::plain(&reply.body).split("zqx-").skip(1) {
                    let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
                    shown.insert(part[..end.unwrap_or(part.len())].to_owned());
                }
            }
            println!(
                "{} answers show what was planted in: {shown:?}",
                replies.len()
            );
            for place in [
                "subject",
                "comment",
                "html",
                "file",
                "attached",
                "status",
                "tag",
                "custom",
                "group",
                "brand",
                "field",
                "recipient",
                "theirs",
                "ours",
                "refusal",
                "account",
                "made",
                "user",
                "credential",
                "destination",
                "description",
                "constant",
                "statement",
                "query",
                "orchestration",
                "header",
                "cell",
                "key",
                "row",
            ] {
                assert!(
                    shown.contains(place),
                    "nothing shows what was planted in {place}"
                );
            }
            let kinds: BTreeSet<&str> = replies
                .values()
                .map(|reply| {
                    reply
                        .header("content-type")
                        .split(';')
                        .next()
                        .unwrap_or_default()
                })
                .collect();
            for kind in ["text/html", "text/csv", "text/event-stream"] {
                assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
            }
            let csv = &replies[&all_rows];
            for defused in ["'=2+5", "'+c3@customer.example", "'@SUM(A1)"] {
                assert!(csv.body.contains(defused), "{defused} in {}", csv.body);
            }
        })
        .await;
}

#[test]
fn what_a_page_must_not_have_is_found() {
    for bad in [
        "<p>zqx<zqx></p>",
        "<img src=x onerror=zqx()>",
        "<a href=\"javascript:zqx()\">x</a>",
        "<a href=\" JavaScript:zqx()\">x</a>",
        "<script>zqx()</script>",
        "<input value=\"\"'><b\">",
        "<p style=\"color:red\">",
        "<iframe src=\"/cases\">",
    ] {
        let found: Vec<String> = html::tags(bad).iter().filter_map(fault).collect();
        assert!(!found.is_empty(), "{bad} passes");
    }
    let good = "<a href=\"/cases\">&lt;zqx&gt;</a><img src=\"/assets/mark.svg\" alt=\"\"><textarea><zqx></textarea>";
    assert!(html::tags(good).iter().filter_map(fault).next().is_none());
    assert_eq!(cells("a,\"b\"\"\n,c\"\n=d"), ["a", "b\"\n,c", "=d"]);
}
