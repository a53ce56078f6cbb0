//! A credential that is taken away in the middle of a run: the run waits where everybody sees it, and the
//! same run goes on by itself once the credential is mended.

use std::time::Duration;

use engine::schedule;
use store::credentials::CredentialKind;
use store::runs::{self, Run, RunState};
use world::{ADMIN_EMAIL, Builder, World};

use crate::sign_in::set_secret;
use crate::{assert_same, hurt, small, undisturbed};

const REFUSED: &str = "Zendesk does not accept the sign-in";
const WHAT_TO_DO: &str = "Enter valid sign-in details";

/// Longer than a run waits between two looks.
const PAUSE: Duration = Duration::from_secs(31);

async fn run_of(world: &World, id: &str) -> Run {
    let mut reader = world.store().read().await.unwrap();
    runs::find(&mut reader, id).await.unwrap().unwrap()
}

/// The run waits, and says why and what to do.
async fn assert_waits(world: &World, id: &str) {
    let run = run_of(world, id).await;
    assert_eq!(run.state, RunState::Waiting, "{:?}", run.problem);
    let said = run.problem.clone().unwrap();
    assert!(
        said.contains(REFUSED) && said.contains(WHAT_TO_DO),
        "{said}"
    );
    assert!(world.warnings(&run).await.contains(&said));
    // Nobody asks again before its time.
    let requests = world.zendesk().requests();
    world.run_jobs().await;
    assert_eq!(world.zendesk().requests(), requests);
}

/// Begins a run whose credential is refused from the second page of tickets on. `wrong` is typed in
/// its place, and then `right`.
async fn revoke_and_mend(builder: fn() -> Builder, kind: CredentialKind, right: &str) {
    builder()
        .each(async |world| {
            let expected = undisturbed(&builder(), world).await;
            hurt(
                world,
                "revoke-token:route=incremental/tickets/cursor:after=1",
            );
            let main = world.integration().await;
            let asked = schedule::schedule_sync(world.engine(), &main, ADMIN_EMAIL).await;
            let id = asked.unwrap().run_id;
            world.run_jobs().await;
            assert_waits(world, &id).await;
            let read = run_of(world, &id).await.counters;
            assert!(read.have_read_anything(), "it was in the middle");

            // Whoever asks for a pull meanwhile joins it.
            let joined = schedule::schedule_sync(world.engine(), &main, ADMIN_EMAIL).await;
            let joined = joined.unwrap();
            assert!(joined.joined && joined.run_id == id);

            world.zendesk().clear_faults();
            set_secret(world, kind, "mistyped").await;
            world.pass(PAUSE);
            world.run_jobs().await;
            assert_waits(world, &id).await;

            set_secret(world, kind, right).await;
            world.pass(PAUSE);
            world.run_jobs().await;
            let run = run_of(world, &id).await;
            assert_eq!(run.state, RunState::Completed, "{:?}", run.problem);
            assert_eq!(run.problem, None);
            assert_same(&expected, &world.dump().await);
        })
        .await;
}

#[tokio::test]
async fn a_run_whose_api_token_is_revoked_waits_and_completes_once_another_is_entered() {
    revoke_and_mend(small, CredentialKind::ApiToken, "token").await;
}

#[tokio::test]
async fn a_run_whose_oauth_client_is_revoked_waits_and_completes_once_another_is_entered() {
    let secret = simulator::OAuthClient::default().secret;
    revoke_and_mend(|| small().oauth(), CredentialKind::OAuthClient, &secret).await;
}
