//! The key: made once, exchanged safely, never lost.

use crate::desk::{Desk, INIT, in_time, terminate, zendesk};

#[tokio::test]
async fn a_key_is_never_overwritten() {
    let desk = Desk::bare();
    desk.ok(&["keys", "new"]).await;
    let key = std::fs::read(desk.data().join("key")).unwrap();
    let said = desk.refused(1, &["keys", "new"]).await;
    assert!(said.contains("never overwritten"), "{said}");
    assert_eq!(std::fs::read(desk.data().join("key")).unwrap(), key);
    desk.init().await;
    assert_eq!(std::fs::read(desk.data().join("key")).unwrap(), key);
}

#[tokio::test]
async fn without_its_key_an_installation_does_not_open_and_gets_no_new_one() {
    Desk::each(async |desk| {
        desk.init().await;
        let key = desk.data().join("key");
        let kept = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        for command in [
            vec!["integration", "list"],
            vec!["case", "list"],
            vec!["serve", "--listen", "127.0.0.1:0"],
            INIT.to_vec(),
        ] {
            let said = desk.refused(1, &command).await;
            assert!(said.contains("There is no key at"), "{command:?}: {said}");
            assert!(!key.exists(), "{command:?} made a key");
        }
        let said = desk.refused(1, &["keys", "new"]).await;
        assert!(said.contains("made with another key"), "{said}");
        assert!(!key.exists());
        std::fs::write(&key, kept).unwrap();
        let said = desk.refused(1, &["integration", "list"]).await;
        assert!(said.contains("chmod 600"), "others may read it now: {said}");
    })
    .await;
}

#[tokio::test]
async fn the_key_of_another_installation_is_refused() {
    Desk::each(async |desk| {
        desk.init().await;
        let other = Desk::bare();
        other.init().await;
        std::fs::copy(other.data().join("key"), desk.data().join("key")).unwrap();
        let said = desk.refused(1, &["integration", "list"]).await;
        assert!(said.contains("belongs to another installation"), "{said}");
        std::fs::write(desk.data().join("key"), "nonsense").unwrap();
        let said = desk.refused(1, &["integration", "list"]).await;
        assert!(
            said.contains("cannot be read as a Deskbridge key"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_key_may_come_from_the_environment_alone() {
    Desk::each(async |desk| {
        let key = desk.ok(&["keys", "new", "--print"]).await;
        desk.set("DESKBRIDGE_KEY", key.trim());
        desk.init().await;
        assert!(!desk.data().join("key").exists());
        desk.ok(&["integration", "list", "--json"]).await;
        let said = desk.refused(1, &["keys", "rotate"]).await;
        assert!(said.contains("DESKBRIDGE_KEY"), "{said}");
        desk.unset("DESKBRIDGE_KEY");
        let said = desk.refused(1, &["integration", "list"]).await;
        assert!(said.contains("There is no key"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn after_an_exchange_only_the_new_key_opens_what_is_stored() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        desk.set_up(&zendesk.url()).await;
        let old = std::fs::read(desk.data().join("key")).unwrap();
        let said = desk.ok(&["keys", "rotate"]).await;
        assert!(said.contains("1 stored secret sealed again"), "{said}");
        let new = std::fs::read(desk.data().join("key")).unwrap();
        assert_ne!(old, new);
        assert_eq!(
            std::fs::read(desk.data().join("key.previous")).unwrap(),
            old
        );
        assert_eq!(
            desk.json(&["sync", "main", "--json"]).await["state"],
            "completed"
        );
        std::fs::copy(desk.data().join("key.previous"), desk.data().join("key")).unwrap();
        let said = desk.refused(1, &["sync", "main"]).await;
        assert!(said.contains("does not open this database"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn killed_at_any_step_of_an_exchange_the_installation_opens_again() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        desk.set_up(&zendesk.url()).await;
        for step in 1..=3 {
            let before = std::fs::read(desk.data().join("key")).unwrap();
            desk.set("DESKBRIDGE_TEST_KILL_AT", &step.to_string());
            let killed = desk.run(&["keys", "rotate"]).await;
            assert_eq!(killed.status, None, "killed at step {step}: {killed:?}");
            desk.unset("DESKBRIDGE_TEST_KILL_AT");
            let summary = desk.json(&["sync", "main", "--json"]).await;
            assert_eq!(summary["state"], "completed", "after a kill at step {step}");
            let after = std::fs::read(desk.data().join("key")).unwrap();
            // The transaction of step 2 decides which key it is.
            assert_eq!(before == after, step == 1, "step {step}");
        }
        desk.ok(&["keys", "rotate"]).await;
        assert!(!desk.data().join("key.new").exists());
        assert_eq!(
            desk.json(&["sync", "main", "--json"]).await["state"],
            "completed"
        );
    })
    .await;
}

#[tokio::test]
async fn the_key_is_not_exchanged_while_somebody_works_with_it() {
    let desk = Desk::bare();
    desk.init().await;
    let mut serve = desk
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .spawn()
        .unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(serve.stdout.take().unwrap()));
    in_time(lines.next_line()).await.unwrap().unwrap();
    let said = desk.refused(1, &["keys", "rotate"]).await;
    assert!(said.contains("Another Deskbridge process"), "{said}");
    terminate(&serve).await;
    in_time(serve.wait()).await.unwrap();
    desk.ok(&["keys", "rotate"]).await;
}
