//! The webhook of an integration, looked after on its page, with Zendesk on another socket.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use simulator::{Fault, NewComment};
use store::audit::EntryFilter;
use store::users::{Member, UserEdit, UserRole};
use web::Options;
use world::World;

use crate::api_cases::{is, refusal};
use crate::api_integration_webhooks::Program;
use crate::browser::{Answer, Browser};
use crate::house::PASSWORD;

/// The pages of a world, at an address that Zendesk may call.
pub(crate) struct Site {
    pub(crate) at: SocketAddr,
    pub(crate) url: String,
    /// The id of the integration.
    pub(crate) id: String,
}

impl Site {
    pub(crate) async fn open(world: &World) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let url = format!("http://{at}");
        let options = Options::new(Some(&url), "1.2.3").unwrap();
        let app = web::app(world.engine().clone(), options);
        tokio::spawn(web::serve(listener, app, std::future::pending()));
        let id = world.integration().await.id;
        Self { at, url, id }
    }

    /// The page of the webhook.
    pub(crate) fn page(&self) -> String {
        format!("/integrations/{}/webhook", self.id)
    }

    /// Somebody new of this role, signed in, who sees personal data or does not.
    pub(crate) async fn somebody(
        &self,
        world: &World,
        role: UserRole,
        restricted: bool,
    ) -> Browser {
        let engine = world.engine();
        let email = email(role);
        let (now, dice) = (engine.now(), &*engine.dice);
        let hash = store::passwords::hash(&PASSWORD.to_owned().into(), dice).unwrap();
        let mut tx = engine.store.begin().await.unwrap();
        let user = store::users::add(&mut tx, &email, "Somebody", role, Some(hash), now, dice);
        let member = Member {
            user: user.await.unwrap(),
            disabled_at: None,
            has_password: true,
        };
        let edit = UserEdit {
            restrict_pii: Some(restricted),
            ..UserEdit::default()
        };
        let act = engine.act("test");
        let edited = store::users::edit(&mut tx, &member, &edit, act).await;
        edited.unwrap();
        tx.commit().await.unwrap();
        let mut browser = Browser::at(self.at);
        let answer = browser.sign_in(&email, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        browser
    }

    /// Sends the form that installs.
    async fn install(&self, browser: &mut Browser, address: &str) -> Answer {
        let address = address.replace(':', "%3A").replace('/', "%2F");
        browser.post(&self.page(), &format!("url={address}")).await
    }
}

/// The address of somebody of this role.
pub(crate) fn email(role: UserRole) -> String {
    format!("{}@staff.example", role.as_str())
}

/// The addresses that Zendesk calls.
pub(crate) async fn called(world: &World) -> Vec<String> {
    let settings = world.integration().await.settings;
    let client = engine::connection::connect(world.engine(), &settings).await;
    let webhooks = client.unwrap().webhooks().await.unwrap();
    let called = webhooks.into_iter().map(|webhook| webhook.endpoint);
    called.collect()
}

/// The secret that Zendesk signs with, as it is kept here.
pub(crate) async fn secret(world: &World) -> String {
    let engine = world.engine();
    let id = world.integration().await.id;
    let mut reader = engine.store.read().await.unwrap();
    let (keyring, now) = (&engine.keyring, engine.now());
    let kept = store::webhooks::secrets(&mut reader, keyring, &id, now).await;
    kept.unwrap().remove(0).expose_secret().to_owned()
}

/// What somebody did with the webhook, as the audit log has it, by their names.
pub(crate) async fn deeds(world: &World, actor: &str) -> Vec<String> {
    let mut reader = world.store().read().await.unwrap();
    let filter = EntryFilter {
        actor: Some(actor.to_owned()),
        ..EntryFilter::default()
    };
    let page = store::audit::page(&mut reader, &filter, None, 50).await;
    let mut deeds: Vec<String> = page
        .unwrap()
        .into_iter()
        .map(|entry| entry.action)
        .filter(|action| action.starts_with("webhook."))
        .collect();
    // Those of one moment stand in no order.
    deeds.sort();
    deeds
}

/// A customer says something, Zendesk tells of it, and what it told is heard.
pub(crate) async fn happens(world: &World) {
    let ticket = world
        .zendesk()
        .read(|account| account.tickets().next().map(|ticket| ticket.id))
        .unwrap();
    let comment = NewComment::public("It is out.");
    let added = world
        .zendesk()
        .edit(|account| account.add_comment(ticket, comment));
    added.unwrap();
    world.zendesk().webhooks_settled().await;
}

pub(crate) fn small() -> world::Builder {
    World::builder().tickets(1).users(4).comments(1)
}

#[tokio::test]
async fn a_webhook_is_installed_watched_exchanged_and_removed_on_its_page() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let site = Site::open(world).await;
            let mut ada = site.somebody(world, UserRole::Operator, false).await;
            let shown = ada.get(&format!("/integrations/{}", site.id)).await;
            let link = format!(r#"<a href="{}">Install a webhook</a>"#, site.page());
            assert!(shown.has(&link), "{}", shown.body);
            let page = ada.get(&site.page()).await;
            assert!(page.text().contains("has no webhook"), "{}", page.text());
            assert!(
                page.has(&format!(r#"value="{}""#, site.url)),
                "{}",
                page.body
            );
            // Where there is none, there is nothing to take away.
            let none = ada.get(&format!("{}/remove", site.page())).await;
            assert_eq!(
                none.header("location"),
                format!("{}?done=nothing", site.page())
            );

            let made = site.install(&mut ada, &site.url).await;
            assert_eq!(
                made.header("location"),
                format!("{}?done=made", site.page())
            );
            let endpoint = format!("{}/hooks/zendesk/{}", site.url, site.id);
            assert_eq!(called(world).await, [endpoint.as_str()]);
            let page = ada.get(made.header("location")).await;
            let text = page.text();
            for told in [
                "The webhook was made in Zendesk.",
                &endpoint,
                "In Zendesk active",
                "Nothing has come in yet",
                "Noted 0 ",
            ] {
                assert!(text.contains(told), "{told} is missing in {text}");
            }
            let again = site.install(&mut ada, &site.url).await;
            assert_eq!(
                again.header("location"),
                format!("{}?done=right", site.page())
            );

            happens(world).await;
            let text = ada.get(&site.page()).await.text();
            for told in ["Noted 1 ", "Waiting 1 since ", "Last delivery 22 Nov 2026"] {
                assert!(text.contains(told), "{told} is missing in {text}");
            }

            let former = secret(world).await;
            let rotated = ada.post(&format!("{}/rotate", site.page()), "").await;
            assert_eq!(
                rotated.header("location"),
                format!("{}?done=rotated", site.page())
            );
            let page = ada.get(rotated.header("location")).await;
            let told = "The former one is good until 23 Nov 2026";
            assert!(page.text().contains(told), "{}", page.text());
            let present = secret(world).await;
            assert_ne!(present, former);
            assert!(!page.has(&present) && !page.has(&former));

            let question = format!("{}/remove", site.page());
            let text = ada.get(&question).await.text();
            for told in [
                "Remove the webhook of main ?",
                &endpoint,
                "by polling only, every 60 s",
                "Deliveries noted so far 1.",
                "Records that wait 1.",
            ] {
                assert!(text.contains(told), "{told} is missing in {text}");
            }
            assert_eq!(called(world).await.len(), 1, "a question removes nothing");
            let removed = ada.post(&question, "").await;
            assert_eq!(
                removed.header("location"),
                format!("{}?done=removed", site.page())
            );
            assert_eq!(called(world).await, [""; 0]);
            let text = ada.get(removed.header("location")).await.text();
            assert!(text.contains("has no webhook"), "{text}");
            let deeds = deeds(world, &email(UserRole::Operator)).await;
            assert_eq!(deeds, ["webhook.remove", "webhook.rotate", "webhook.set"]);
        })
        .await;
}

#[tokio::test]
async fn what_keeps_a_webhook_from_being_made_stands_at_its_field_or_above_the_form() {
    small()
        .each(async |world| {
            let site = Site::open(world).await;
            let mut ada = site.somebody(world, UserRole::Administrator, false).await;
            for (address, sentence) in [
                ("http://desk.example.com", "without encryption"),
                ("desk.example.com", "is not the address of a site"),
                ("", "none is set"),
            ] {
                let answer = site.install(&mut ada, address).await;
                assert_eq!(answer.status, 422, "{address}");
                assert!(
                    answer.has(r#"id="url-wrong""#),
                    "{address}: {}",
                    answer.body
                );
                assert!(
                    answer.text().contains(sentence),
                    "{address}: {}",
                    answer.text()
                );
                let typed = format!(r#"name="url" type="url" value="{address}""#);
                assert!(
                    answer.has(&typed),
                    "{address} is typed once: {}",
                    answer.body
                );
            }
            for (fault, sentence) in [
                (
                    "status=403:route=webhooks",
                    "sign-in of a Zendesk administrator",
                ),
                ("unavailable:route=webhooks", "Try again"),
            ] {
                world.zendesk().add_fault(Fault::parse(fault).unwrap());
                let answer = site.install(&mut ada, &site.url).await;
                assert_eq!(answer.status, 422, "{fault}");
                assert!(answer.has(r#"role="alert""#), "{fault}: {}", answer.body);
                assert!(
                    answer.text().contains(sentence),
                    "{fault}: {}",
                    answer.text()
                );
                assert!(
                    !answer.text().contains("will be tried"),
                    "{}",
                    answer.text()
                );
                world.zendesk().clear_faults();
            }
            let rotated = ada.post(&format!("{}/rotate", site.page()), "").await;
            assert_eq!(rotated.status, 422);
            assert!(rotated.text().contains("Integration main has no webhook."));
            assert_eq!(called(world).await, [""; 0]);
            assert_eq!(deeds(world, &email(UserRole::Administrator)).await, [""; 0]);

            // One that cannot be removed is still there to be removed later.
            site.install(&mut ada, &site.url).await;
            let down = Fault::parse("unavailable:route=webhooks/*").unwrap();
            world.zendesk().add_fault(down);
            let kept = ada.post(&format!("{}/remove", site.page()), "").await;
            assert_eq!(kept.status, 422);
            assert!(
                kept.has(r#"role="alert""#) && kept.has("Remove webhook"),
                "{}",
                kept.body
            );
            let text = ada.get(&site.page()).await.text();
            assert!(
                text.contains("In Zendesk Not known Zendesk did not answer"),
                "{text}"
            );
            world.zendesk().clear_faults();
            assert_eq!(called(world).await.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn what_somebody_did_in_zendesk_is_shown_and_mended() {
    small()
        .each(async |world| {
            let site = Site::open(world).await;
            let mut ada = site.somebody(world, UserRole::Administrator, false).await;
            site.install(&mut ada, &site.url).await;
            let settings = world.integration().await.settings;
            let client = engine::connection::connect(world.engine(), &settings).await;
            let client = client.unwrap();
            let there = client.webhooks().await.unwrap().remove(0);
            client.delete_webhook(&there.id).await.unwrap();
            let text = ada.get(&site.page()).await.text();
            let told = "missing Somebody removed it in Zendesk";
            assert!(text.contains(told), "{text}");
            let rotated = ada.post(&format!("{}/rotate", site.page()), "").await;
            assert_eq!(rotated.status, 422);
            assert!(
                rotated.text().contains("Mend it on its page"),
                "{}",
                rotated.text()
            );
            site.install(&mut ada, &site.url).await;
            let text = ada.get(&site.page()).await.text();
            assert!(text.contains("In Zendesk active"), "{text}");
        })
        .await;
}

#[tokio::test]
async fn a_page_answers_although_zendesk_does_not() {
    small()
        .each(async |world| {
            let site = Site::open(world).await;
            let mut ada = site.somebody(world, UserRole::Administrator, false).await;
            site.install(&mut ada, &site.url).await;
            // Longer than the client itself would wait.
            let mute = Fault::parse("slow=600000:route=webhooks/*").unwrap();
            world.zendesk().add_fault(mute);
            let path = site.page();
            let mut looking = tokio::spawn(async move { ada.get(&path).await });
            let page = loop {
                let pause = Duration::from_millis(20);
                match tokio::time::timeout(pause, &mut looking).await {
                    Ok(page) => break page.unwrap(),
                    Err(_) => world.pass(Duration::from_secs(1)),
                }
            };
            assert_eq!(page.status, 200);
            let told = "Zendesk did not answer within 5 seconds.";
            assert!(page.text().contains(told), "{}", page.text());
            assert!(page.has(&site.id), "the rest is there");
        })
        .await;
}

#[tokio::test]
async fn who_does_not_manage_the_integration_neither_sees_nor_touches_its_webhook() {
    small()
        .each(async |world| {
            let site = Site::open(world).await;
            let mut ada = site.somebody(world, UserRole::Administrator, false).await;
            site.install(&mut ada, &site.url).await;
            let (before, page) = (secret(world).await, site.page());
            let mut agent = site.somebody(world, UserRole::Agent, false).await;
            let form = "url=https%3A%2F%2Fevil.example";
            for answer in [
                agent.get(&page).await,
                agent.post(&page, form).await,
                agent.post(&format!("{page}/rotate"), "").await,
                agent.get(&format!("{page}/remove")).await,
                agent.post(&format!("{page}/remove"), "").await,
            ] {
                assert_eq!(answer.status, 403, "{}", answer.text());
                assert!(
                    answer.text().contains("Only its owner"),
                    "{}",
                    answer.text()
                );
                assert!(!answer.has("/hooks/zendesk/"), "{}", answer.body);
            }
            let shown = agent.get(&format!("/integrations/{}", site.id)).await;
            assert!(shown.status == 200 && !shown.has(&page), "{}", shown.body);
            let program = Program::of(&site, &mut agent).await;
            for (method, path) in [
                ("GET", page.clone()),
                ("PUT", page.clone()),
                ("DELETE", page.clone()),
                ("POST", format!("{page}/rotate")),
            ] {
                let answer = program.call(method, &path, &json!({})).await;
                assert_eq!(
                    refusal(&answer),
                    is(403, "forbidden", ""),
                    "{method} {path}"
                );
            }
            assert_eq!(secret(world).await, before);
            assert_eq!(called(world).await.len(), 1);

            // Who sees personal data masked may look after it, and sees no more of it than others do.
            let mut oda = site.somebody(world, UserRole::Operator, true).await;
            let whole = ada.get(&page).await;
            let masked = oda.get(&page).await;
            assert_eq!((whole.status, masked.status), (200, 200));
            let program = Program::of(&site, &mut oda).await;
            let read = program.call("GET", &page, &Value::Null).await;
            for answer in [&whole, &masked, &read] {
                assert!(!answer.has(&before), "{}", answer.body);
                assert!(answer.has("/hooks/zendesk/"), "{}", answer.body);
            }
        })
        .await;
}
