//! Words that Zendesk would change, cut or fill in: a reader there sees what was typed here.

use world::Voice;

use crate::*;

/// Texts as people type them, and worse.
const TEXTS: [&str; 9] = [
    "Dear {{ticket.requester.name}}, your ticket is {{ticket.id}}.",
    "{% if true %}{{ticket.comments}}{% endif %}",
    "# Not a heading\n* not a list\n**not bold** _not italic_ `not code`",
    "two  blanks,   three, \u{a0}and one that does not break",
    "line one\nline two\n\nline four",
    "a < b && c > \"d\" 'e' <script>alert(1)</script> <b>no</b>",
    "&amp; &lt;not an entity&gt; &#123;&#123;",
    "1. first\n2. second\n> quoted\n--- \n[link](https://example.com)",
    "Grüße aus Łódź, здравствуйте, 你好, مرحبا 🦋",
];

/// A Zendesk that leaves encoded braces alone, as a text can only be kept where it does. Nothing confirms
/// it, so the live check looks at it.
fn literal() -> Builder {
    quiet(Wins::Remote).simulator(|config| config.switches.placeholders_in_encoded_braces = false)
}

#[tokio::test]
async fn every_text_is_readable_there_as_it_was_typed_here() {
    literal()
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            for text in TEXTS {
                world.admin().say(&case, text, true, Voice::Own).await;
                settle(world, &case).await;
            }
            let said: Vec<String> = comments_there(world, ticket)
                .into_iter()
                .skip(1)
                .map(|(text, ..)| text.replace('\u{a0}', " "))
                .collect();
            let typed: Vec<String> = TEXTS
                .iter()
                .map(|text| text.replace('\u{a0}', " "))
                .collect();
            for (said, typed) in said.iter().zip(&typed) {
                let seen = |text: &str| {
                    let lines = text.lines().map(|line| line.trim_end().to_owned());
                    lines.collect::<Vec<_>>().join("\n")
                };
                assert_eq!(seen(said), seen(typed));
            }
            assert_eq!(said.len(), typed.len());
            // On our side they are what was typed, to the letter.
            let here = world.said_on(&case).await;
            for text in TEXTS {
                assert!(here.iter().any(|row| row.comment.message == text), "{text}");
            }
            assert_same_comments(&here, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_published_description_is_readable_as_typed_too() {
    literal()
        .each(async |world| {
            pull(world).await;
            let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
            for text in TEXTS {
                let case = world
                    .admin()
                    .open_case("Text", text, Some(&contact))
                    .await
                    .id;
                assert!(world.admin().publish(&case).await);
                settle(world, &case).await;
                let ticket = world.ticket_of(&case).await.unwrap();
                let said = comments_there(world, ticket);
                let seen = |text: &str| {
                    let lines = text.lines().map(|line| line.trim_end().to_owned());
                    lines.collect::<Vec<_>>().join("\n").replace('\u{a0}', " ")
                };
                assert_eq!(seen(&said[0].0), seen(text));
                let here = world.case(&case).await.fields.description;
                assert_eq!(here, text, "our own words stay as they were typed");
            }
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn where_encoded_braces_are_filled_in_too_ours_stays_as_typed_and_is_sent_once() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .simulator(|config| {
                config.switches.expand_placeholders = true;
                config.switches.placeholders_in_encoded_braces = true;
            })
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                let before = count(world);
                let typed = TEXTS[0];
                world.admin().say(&case, typed, true, Voice::Own).await;
                settle(world, &case).await;
                assert_added(world, &before, [0, 1, 1]);
                // What Zendesk makes of it never comes back as somebody else's words.
                assert_ne!(comments_there(world, ticket)[1].0, typed);
                let here = world.said_on(&case).await;
                assert_eq!(here.len(), 2, "{here:?}");
                assert!(here.iter().any(|row| row.comment.message == typed));
                assert!(world.conflicts().await.is_empty());
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_comment_of_seventy_kilobytes_parks_with_the_sentence_and_is_never_cut() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            let long = "0123456789".repeat(7_000);
            world.admin().say(&case, &long, true, Voice::Own).await;
            world
                .admin()
                .say(&case, "In short.", true, Voice::Own)
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 1, "{parked:?}");
            assert!(
                parked[0].1.contains("has 70000 bytes") && parked[0].1.contains("in parts"),
                "{parked:?}"
            );
            // It holds up nobody.
            assert_added(world, &before, [0, 1, 1]);
            assert_eq!(comments_there(world, ticket)[1].0, "In short.");
            let here = world.said_on(&case).await;
            assert!(here.iter().any(|row| row.comment.message == long));
            assert_at_rest(world).await;
            assert!(world.admin().discard(&parked[0].0).await);
            settle(world, &case).await;
            assert_added(world, &before, [0, 1, 1]);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_description_of_seventy_kilobytes_makes_no_ticket() {
    quiet(Wins::Remote)
        .each(async |world| {
            pull(world).await;
            let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
            let long = "<".repeat(20_000);
            let case = world
                .admin()
                .open_case("Long", &long, Some(&contact))
                .await
                .id;
            let before = count(world);
            assert!(world.admin().publish(&case).await);
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 1);
            // 20,000 signs, four bytes each as they are sent.
            assert!(parked[0].1.contains("has 80000 bytes"), "{parked:?}");
            assert_added(world, &before, [0, 0, 0]);
        })
        .await;
}
