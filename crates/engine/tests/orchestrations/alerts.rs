//! What people are told: once for each change of state, by every way out, whatever fails.

use engine::alerts::{Channels, MailSettings, Tls, WebhookSettings, deliver_once};
use engine::orchestrations::run;
use store::alerts::Alert;
use store::workflows::{WorkflowKind, WorkflowState};

use crate::receivers::{Heard, mail_server, webhook_receiver};
use crate::*;

/// A world with both ways out, and what their other sides hear.
async fn connected() -> (Builder, Heard, Heard) {
    let (mail_port, mails) = mail_server().await;
    let (webhook_port, calls) = webhook_receiver().await;
    let builder = quiet().engine(move |settings| {
        settings.alerts = Channels {
            mail: Some(MailSettings {
                host: "127.0.0.1".to_owned(),
                port: mail_port,
                tls: Tls::None,
                user: String::new(),
                password: None,
                from: "deskbridge@example.com".to_owned(),
                to: vec!["ops@example.com".to_owned()],
            }),
            webhook: Some(WebhookSettings {
                url: format!("http://127.0.0.1:{webhook_port}/hooks"),
                secret: "quince".to_owned().into(),
                allow_private: true,
            }),
            pages: Some("https://desk.example.com".to_owned()),
        };
    });
    (builder, mails, calls)
}

/// Runs the orchestration of a file, which may be missing, and sees it through.
async fn send(world: &World) -> Workflow {
    let found = {
        let mut reader = world.store().read().await.unwrap();
        orchestrations::find(&mut reader, "one").await.unwrap()
    };
    let one = match found {
        Some(one) => one,
        None => orchestration(world, "one", |_| {}).await,
    };
    run(world.engine(), &one, WorkflowKind::Send, None, "ada")
        .await
        .unwrap();
    see_all_through(world).await
}

async fn told(world: &World) -> Vec<Alert> {
    let mut reader = world.store().read().await.unwrap();
    let mut all = store::alerts::list(&mut reader, false, 100).await.unwrap();
    all.reverse();
    all
}

async fn kinds(world: &World) -> Vec<String> {
    told(world)
        .await
        .into_iter()
        .map(|alert| alert.kind)
        .collect()
}

#[tokio::test]
async fn a_failure_goes_out_once_by_each_way_and_says_nothing_personal() {
    let (builder, mails, calls) = connected().await;
    builder
        .once(async |world| {
            std::fs::write(
                file_of(world),
                "external_id,email,user_fields.tiers\nc1,kim@customer.example,gold\n",
            )
            .unwrap();
            let failed = send(world).await;
            assert_eq!(failed.trouble.as_deref(), Some("unknown_fields"));
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 2);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 0);
            let (mut mails, calls) = (mails.all(), calls.all());
            assert_eq!((mails.len(), calls.len()), (1, 1));
            assert!(
                mails[0].contains("Subject: Deskbridge: one has failed"),
                "{}",
                mails[0]
            );
            // Long lines travel in pieces (RFC 2045 6.7), which mail programs join.
            mails[0] = mails[0].replace("=\r\n", "");
            let link = format!("https://desk.example.com/workflows/{}", failed.id);
            assert!(mails[0].contains(&link), "{}", mails[0]);
            let (head, body) = calls[0].split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let alert = &told(world).await[0];
            assert_eq!(body["id"], alert.id.as_str());
            assert_eq!(body["kind"], "workflow_failed");
            assert_eq!(body["trouble"]["kind"], "unknown_fields");
            assert_eq!(
                body["workflow"]["path"],
                format!("/workflows/{}", failed.id)
            );
            assert!(
                head.contains(&format!("x-deskbridge-id: {}", alert.id)),
                "{head}"
            );
            for text in [&mails[0], &calls[0]] {
                assert!(!text.contains("kim@") && !text.contains("tiers"), "{text}");
            }
        })
        .await;
}

#[tokio::test]
async fn whom_an_orchestration_adds_gets_a_letter_of_their_own() {
    let (builder, mails, _) = connected().await;
    builder
        .once(async |world| {
            // One of them is written to anyway.
            let settings = SendSettings {
                alert_to: vec!["lena@example.com".to_owned(), "ops@example.com".to_owned()],
                ..SendSettings::default()
            };
            orchestration(world, "one", |draft| {
                draft.settings = serde_json::to_string(&settings).unwrap();
            })
            .await;
            mails.know_not(Some("lena@example.com"));
            send(world).await;
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 2);
            let to = |letter: &String| {
                let line = letter.lines().find(|line| line.starts_with("To: "));
                line.unwrap().to_owned()
            };
            let letters: Vec<String> = mails.all().iter().map(to).collect();
            assert_eq!(letters, ["To: ops@example.com"], "hers holds up nobody's");
            mails.know_not(None);
            world.pass_minutes(2);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 1);
            world.pass_minutes(2);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 0);
            let letters: Vec<String> = mails.all().iter().map(to).collect();
            assert_eq!(letters[1..], ["To: lena@example.com"]);
            let kept = told(world).await[0].mailed.clone().unwrap();
            assert!(kept.starts_with(store::alerts::OVER), "{kept}");
        })
        .await;
}

#[tokio::test]
async fn each_change_of_state_is_told_once() {
    quiet()
        .each(async |world| {
            // No file: fails. It fails again for a person, who is told again.
            send(world).await;
            let failed = send(world).await;
            assert_eq!(failed.state, WorkflowState::Failed);
            assert_eq!(kinds(world).await, ["workflow_failed", "workflow_failed"]);
            write_people(world, 2);
            assert_eq!(send(world).await.state, WorkflowState::Completed);
            send(world).await;
            let all = kinds(world).await;
            assert_eq!(all[2..], ["workflow_goes_again"]);
        })
        .await;
}

#[tokio::test]
async fn a_schedule_that_fails_again_and_again_for_one_reason_is_told_once() {
    quiet()
        .each(async |world| {
            hourly(world, |_| {}).await;
            look(world.engine()).await;
            for _ in 0..4 {
                world.pass_minutes(60);
                assert_eq!(look(world.engine()).await, 1);
                assert_eq!(see_all_through(world).await.state, WorkflowState::Failed);
            }
            assert_eq!(kinds(world).await, ["workflow_failed"]);
            std::fs::write(
                file_of(world),
                "external_id,name,user_fields.tiers\n1,Kim,x\n",
            )
            .unwrap();
            world.pass_minutes(60);
            look(world.engine()).await;
            see_all_through(world).await;
            assert_eq!(kinds(world).await.len(), 2, "another reason is news");
            write_people(world, 1);
            world.pass_minutes(60);
            look(world.engine()).await;
            see_all_through(world).await;
            assert_eq!(kinds(world).await[2..], ["workflow_goes_again"]);
        })
        .await;
}

#[tokio::test]
async fn a_way_out_that_fails_holds_up_neither_the_other_nor_the_next_alert() {
    let (builder, mails, calls) = connected().await;
    builder
        .once(async |world| {
            calls.refuse(true);
            send(world).await;
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 1);
            send(world).await;
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 1);
            assert_eq!((mails.all().len(), calls.all().len()), (2, 2));
            // Not at once, and then both.
            calls.refuse(false);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 0);
            world.pass_minutes(2);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 2);
            world.pass_minutes(24 * 60);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 0);
            assert_eq!((mails.all().len(), calls.all().len()), (2, 4));
        })
        .await;
}

#[tokio::test]
async fn an_alert_is_tried_for_a_day_with_longer_and_longer_pauses_and_then_given_up() {
    let (builder, mails, _) = connected().await;
    builder
        .once(async |world| {
            mails.refuse(true);
            send(world).await;
            for _ in 0..(26 * 60) {
                deliver_once(world.engine()).await.unwrap();
                world.pass_minutes(1);
            }
            let tries = mails.all().len();
            // 1, 2, 4, 8, 16, 32 minutes, then every hour.
            assert!((28..=31).contains(&tries), "{tries}");
            mails.refuse(false);
            assert_eq!(deliver_once(world.engine()).await.unwrap(), 0);
            assert_eq!(mails.all().len(), tries);
            let kept = told(world).await[0].mailed.clone().unwrap();
            assert!(kept.starts_with(store::alerts::OVER), "{kept}");
            assert!(kept.contains("given_up") && kept.contains("451"), "{kept}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_send_an_alert_once() {
    let (builder, mails, calls) = connected().await;
    builder
        .each(async |world| {
            let before = (mails.all().len(), calls.all().len());
            send(world).await;
            let mut processes = Vec::new();
            for _ in 0..3 {
                processes.push(Engine {
                    store: store::Store::open(world.database().url()).await.unwrap(),
                    ..world.engine().clone()
                });
            }
            let delivering = processes
                .clone()
                .into_iter()
                .map(|process| tokio::spawn(async move { deliver_once(&process).await.unwrap() }));
            let sent = futures_util::future::join_all(delivering.collect::<Vec<_>>()).await;
            assert_eq!(sent.into_iter().map(|one| one.unwrap()).sum::<usize>(), 2);
            assert_eq!(mails.all().len(), before.0 + 1);
            assert_eq!(calls.all().len(), before.1 + 1);
            for process in processes {
                process.store.close().await;
            }
        })
        .await;
}
