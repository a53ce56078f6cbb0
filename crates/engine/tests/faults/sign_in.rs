//! Sign-in that is wrong, or stops being right in the middle of a pull.

use store::credentials::{self, CredentialDraft, CredentialKind};
use world::{ADMIN_EMAIL, AGENT_EMAIL, INTEGRATION, World};

use crate::{assert_same, fail_and_recover, hurt, problem, small, undisturbed};

/// Enters another secret for the integration.
pub(crate) async fn set_secret(world: &World, kind: CredentialKind, secret: &str) {
    let engine = world.engine();
    let mut tx = world.store().begin().await.unwrap();
    let credential = credentials::find(&mut tx, INTEGRATION)
        .await
        .unwrap()
        .unwrap();
    let by_token = kind == CredentialKind::ApiToken;
    let draft = CredentialDraft {
        name: INTEGRATION.to_owned(),
        description: String::new(),
        kind,
        email: by_token.then(|| AGENT_EMAIL.to_owned()),
        client_id: credential.client_id,
        secret: Some(secret.to_owned().into()),
    };
    credentials::edit(
        &mut tx,
        &engine.keyring,
        &credential.id,
        &draft,
        engine.act(ADMIN_EMAIL),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_is_told_and_one_request_is_all_it_costs() {
    small()
        .each(async |world| {
            let expected = undisturbed(&small(), world).await;
            set_secret(world, CredentialKind::ApiToken, "wrong").await;
            let before = world.zendesk().requests();
            let said = problem(world.sync().await);
            assert_eq!(world.zendesk().requests() - before, 1);
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"Zendesk does not accept the sign-in (status 401, Couldn't authenticate you). Enter valid sign-in details, or connect to Zendesk again."); }
            assert!(!said.contains("wrong"), "{said}");
            set_secret(world, CredentialKind::ApiToken, "token").await;
            world.sync_well().await;
            assert_same(&expected, &world.dump().await);
        })
        .await;
}

#[tokio::test]
async fn an_oauth_token_that_is_revoked_is_renewed_and_the_pull_goes_on() {
    small()
        .oauth()
        .each(async |world| {
            let expected = undisturbed(&small().oauth(), world).await;
            hurt(
                world,
                "status=401:times=1:route=incremental/tickets/cursor:after=1",
            );
            let run = world.sync_well().await;
            assert_eq!(world.warnings(&run).await, Vec::<String>::new());
            assert_same(&expected, &world.dump().await);
        })
        .await;
}

#[tokio::test]
async fn an_oauth_token_that_stays_refused_ends_the_run_after_a_quarter_of_an_hour() {
    let told = fail_and_recover(
        small().oauth(),
        &["revoke-token:route=incremental/tickets/cursor:after=1"],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        revoke-token:route=incremental/tickets/cursor:after=1
          Zendesk does not accept the sign-in (status 401, Couldn't authenticate you). Enter valid sign-in details, or connect to Zendesk again.
        ");
}

#[tokio::test]
async fn a_wrong_client_secret_is_told_without_it() {
    small()
        .oauth()
        .each(async |world| {
            let expected = undisturbed(&small().oauth(), world).await;
            let kind = CredentialKind::OAuthClient;
            set_secret(world, kind, "not-the-word").await;
            let said = problem(world.sync().await);
            assert!(!said.contains("not-the-word"), "{said}");
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"Zendesk does not accept the sign-in (OAuth: status 401, invalid_client). Enter valid sign-in details, or connect to Zendesk again."); }
            let right = simulator::OAuthClient::default().secret;
            set_secret(world, kind, &right).await;
            world.sync_well().await;
            assert_same(&expected, &world.dump().await);
        })
        .await;
}
