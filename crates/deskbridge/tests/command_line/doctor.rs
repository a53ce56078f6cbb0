//! `doctor` finds what is wrong and says what to do.

use serde_json::Value;

use crate::desk::{Desk, zendesk, zendesk_in_time};

fn grade_of<'a>(report: &'a Value, check: &str) -> (&'a str, &'a str) {
    let found = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("no finding about {check} in {report}"));
    (
        found["grade"].as_str().unwrap(),
        found["finding"].as_str().unwrap(),
    )
}

async fn report(desk: &Desk, status: i32) -> Value {
    let ran = desk.run(&["doctor", "--json"]).await;
    assert_eq!(ran.status, Some(status), "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

#[tokio::test]
async fn a_sound_installation_has_no_errors() {
    Desk::each(async |desk| {
        let zendesk = zendesk_in_time(|config| config.limits = simulator::Limits::Team).await;
        desk.set_up(&zendesk.url()).await;
        let report = report(desk, 0).await;
        assert_eq!(report["ok"], true);
        for check in [
            "key",
            "database",
            "administrator",
            "main, sign-in",
            "main, clock",
        ] {
            assert_eq!(grade_of(&report, check).0, "ok", "{check}");
        }
        let (grade, countdown) = grade_of(&report, "main, API token");
        assert_eq!(grade, "warning");
        assert!(countdown.contains("30 Apr 2027"), "{countdown}");
        assert!(
            grade_of(&report, "main, limits")
                .1
                .contains("200 requests a minute")
        );
        let lines = desk.ok(&["doctor"]).await;
        assert!(lines.lines().count() > 6, "{lines}");
    })
    .await;
}

#[tokio::test]
async fn what_is_missing_is_an_error_with_its_remedy() {
    let desk = Desk::bare();
    let nothing = report(&desk, 1).await;
    assert!(grade_of(&nothing, "key").1.contains("deskbridge keys new"));
    desk.init().await;
    let empty = report(&desk, 0).await;
    assert_eq!(grade_of(&empty, "integrations").0, "warning");
    std::fs::write(
        desk.data().join("deskbridge.db"),
        "this is no database at all",
    )
    .unwrap();
    let broken = report(&desk, 1).await;
    assert_eq!(grade_of(&broken, "database").0, "error");
}

#[tokio::test]
async fn a_sign_in_that_is_not_accepted_and_a_wrong_role_are_errors() {
    let zendesk = zendesk(|_| {}).await;
    let mut desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    desk.set("ZENDESK_TOKEN", "wrong");
    desk.ok(&[
        "integration",
        "edit",
        "main",
        "--api-token-env",
        "ZENDESK_TOKEN",
    ])
    .await;
    let refused = report(&desk, 1).await;
    let (grade, said) = grade_of(&refused, "main, sign-in");
    assert_eq!(grade, "error");
    assert!(said.contains("does not accept the sign-in"), "{said}");
    desk.set("ZENDESK_TOKEN", crate::desk::TOKEN);
    let agent = zendesk.edit(|account| {
        let agent = simulator::NewUser::agent("Somebody Else", "somebody.else@example.com");
        account.add_user(agent).unwrap();
        "somebody.else@example.com"
    });
    desk.ok(&[
        "integration",
        "edit",
        "main",
        "--api-email",
        agent,
        "--api-token-env",
        "ZENDESK_TOKEN",
    ])
    .await;
    let refused = report(&desk, 1).await;
    let (_, said) = grade_of(&refused, "main, sign-in");
    assert!(said.contains("administrator"), "{said}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_an_error() {
    let hour_ago = jiff::Timestamp::from_second(machine_seconds() - 3600).unwrap();
    let zendesk = zendesk(|config| config.start = Some(hour_ago.as_second())).await;
    let desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    let report = report(&desk, 1).await;
    let (grade, said) = grade_of(&report, "main, clock");
    assert_eq!(grade, "error");
    assert!(said.contains("seconds off"), "{said}");
}

fn machine_seconds() -> i64 {
    use clock::Clock as _;
    clock::SystemClock.now().as_second()
}

#[tokio::test]
async fn a_default_user_whom_zendesk_does_not_know_is_a_warning() {
    let zendesk = zendesk_in_time(|_| {}).await;
    let desk = Desk::bare();
    desk.set_up(&zendesk.url()).await;
    desk.ok(&[
        "integration",
        "edit",
        "main",
        "--default-user-email",
        "nobody@example.com",
    ])
    .await;
    let report = report(&desk, 0).await;
    assert_eq!(grade_of(&report, "main, default user").0, "warning");
}
