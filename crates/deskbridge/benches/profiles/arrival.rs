//! How fast new users arrive in an account whose background jobs take ten seconds, in real time.

use std::time::Duration;

use simulator::{BodyForm, Fault, FaultKind};

use crate::{Place, people};

/// The least users a second with the cap lifted, from the first post to the last confirmation. Thirty
/// jobs of a hundred users in ten seconds are 300.
const LEAST: f64 = 270.0;
/// The most users a second unless the destination raises it.
const CAP: u32 = 100;

/// The route of posts.
const POSTS: &str = "users/create_or_update_many";

/// Prints the head of the table.
pub(crate) fn head() {
    println!();
    println!(
        "    users | database   | cap  | users/s | sending  | most in a second | most open jobs | requests, posts, polls | refused | too early | created again"
    );
    println!(
        "----------|------------|------|---------|----------|------------------|----------------|------------------------|---------|-----------|--------------"
    );
}

/// Sends without the cap; and a tenth of the users with and without it, where two posts are refused on the
/// way. Returns a sentence for each promise that was not kept.
pub(crate) async fn measure(server: Option<&str>, users: u64) -> Vec<String> {
    let mut broken = Vec::new();
    let few = (users / 10).max(1);
    for (users, cap, refusals) in [(users, 0, 0), (few, CAP, 2), (few, 0, 2)] {
        broken.extend(arrive(server, users, cap, refusals).await);
    }
    broken
}

async fn arrive(server: Option<&str>, users: u64, cap: u32, refusals: u64) -> Vec<String> {
    let config = simulator::Config {
        job: Duration::from_secs(10),
        job_slots: Some(30),
        latency: Duration::from_millis(150),
        limits: simulator::Limits::Enterprise,
        ..simulator::Config::default()
    };
    let place = Place::make(server, config, cap).await;
    // Somebody else has used the account up for a moment.
    for after in (0..refusals).map(|one| 5 + 10 * one) {
        let refusal = FaultKind::Status {
            status: 429,
            form: BodyForm::Text,
            retry_after: Some(3),
        };
        let fault = Fault::new(refusal).on(POSTS).after(after).times(1);
        place.zendesk.add_fault(fault);
    }
    let file = place.desk.folder.path().join("new.csv");
    people::write_csv(&file, 0, users);
    // What the setting up has asked for is no part of the send, but counts among the requests of ten seconds.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let sent = place.send(&file);
    let sends = place.zendesk.sends();
    let asked = place.zendesk.requests_by_route();
    let times = |method: &str, route: &str| {
        let asked = asked.get(&format!("{method} {route}"));
        asked.copied().unwrap_or(0)
    };
    let refused: u64 = place.zendesk.faults_happened().iter().sum();
    assert_eq!(sent.rows("created"), users, "{}", sent.said);
    let rate = sent.result["users_per_second"].as_f64().unwrap();
    println!(
        "{users:>9} | {:<10} | {:<4} | {rate:>7.1} | {:>6.1} s | {:>16} | {:>14} | {:>10}, {:>4}, {:>4} | {:>7} | {:>9} | {}",
        place.database,
        if cap == 0 {
            "none".to_owned()
        } else {
            cap.to_string()
        },
        sent.result["seconds"].as_f64().unwrap(),
        sends.most_users_in_a_second,
        sends.most_open_jobs,
        sent.result["requests"].as_u64().unwrap(),
        times("POST", POSTS),
        times("GET", "job_statuses/show_many"),
        refused,
        sends.requests_too_early,
        sends.created_again.len(),
    );
    let on = place.database;
    place.end().await;
    let mut broken = Vec::new();
    // Fewer users than three windows of jobs mostly wait for the last one to end.
    if cap == 0 && users >= 9_000 && rate < LEAST {
        broken.push(format!(
            "On {on} {rate} users a second arrived, and {LEAST} should."
        ));
    }
    if cap > 0 && sends.most_users_in_a_second > u64::from(cap) {
        let most = sends.most_users_in_a_second;
        broken.push(format!(
            "On {on} {most} users were posted in one second, and {cap} may be."
        ));
    }
    if refused != refusals {
        broken.push(format!(
            "On {on} {refused} posts were refused, and {refusals} were to be."
        ));
    }
    if sends.requests_too_early > 0 || !sends.created_again.is_empty() {
        broken.push(format!(
            "On {on} requests came too early, or users were made twice: {sends:?}."
        ));
    }
    broken
}
