//! What a stranger can write into what is sent: a file with its headers and cells, the mapping of an
//! orchestration, a statement.

use simulator::{Fault, FaultKind};
use store::credentials::{CredentialDraft, CredentialKind};
use store::destinations::{self, DestinationDraft, Environment};
use world::{ADMIN_EMAIL, World};

use super::client::Request;
use super::furniture::{Desk, Seeds};

impl Desk<'_> {
    /// A file whose headers and cells are a stranger's, sent, with a row that is rejected, and a send that
    /// fails. Returns the first of both workflows.
    pub(super) async fn plant_sends(&self, world: &World, seeds: &Seeds) -> String {
        let destination = destination(world, seeds).await;
        let cell = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
        let file = format!(
            "external_id,name,email,phone,{}\nc1,{},{},{},{}\nc2,,{},,\nc3,=2+5,+c3@customer.example,,@SUM(A1)\n{},,,,\n",
            cell((seeds.text)("header")),
            cell((seeds.name)("row")),
            cell("row1@customer.example".to_owned()),
            cell((seeds.phone)("row")),
            cell((seeds.value)("cell")),
            cell((seeds.email)("row")),
            cell((seeds.value)("key")),
        );
        let name = (seeds.text)("upload.csv");
        let upload = Request::parts(
            "/queries/upload",
            &[
                ("name", None, &(seeds.text)("query")),
                ("file", Some(&name), &file),
            ],
        );
        let reply = upload.by_person(self.admin).send(self.at).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let place = reply
            .header("location")
            .split('?')
            .next()
            .unwrap()
            .to_owned();
        self.submit(&place, &format!("{place}/activate"), &[]).await;
        let query = place.rsplit('/').next().unwrap();
        let orchestration = self
            .made(
                "/orchestrations/new",
                "/orchestrations",
                &[
                    ("name", &(seeds.text)("orchestration")),
                    ("query", query),
                    ("destination", &destination),
                    ("mode", "manual"),
                ],
            )
            .await;
        let page = format!("/orchestrations/{orchestration}");
        let mapping = format!("{page}/mapping");
        let constant = [
            ("by_name", "yes"),
            ("target", "notes"),
            ("origin", "constant"),
            ("value", &(seeds.email)("constant")),
        ];
        self.submit(&mapping, &mapping, &constant).await;
        self.plant_statement(world, seeds).await;
        let run = format!("{page}/run");
        let first = self.made(&page, &run, &[("kind", "dry_run")]).await;
        world.run_jobs().await;
        world
            .zendesk()
            .add_fault(Fault::new(FaultKind::RevokeToken));
        self.submit(&page, &run, &[("kind", "send")]).await;
        world.run_jobs().await;
        world.zendesk().clear_faults();
        first
    }

    /// A query whose statement names somebody.
    async fn plant_statement(&self, world: &World, seeds: &Seeds) {
        let engine = world.engine();
        let draft = CredentialDraft {
            name: "Database".to_owned(),
            description: String::new(),
            kind: CredentialKind::Database,
            email: None,
            client_id: None,
            secret: Some("postgres://desk@127.0.0.1:1/desk".to_owned().into()),
        };
        let mut tx = engine.store.begin().await.unwrap();
        let act = engine.act(ADMIN_EMAIL);
        let added = store::credentials::add(&mut tx, &engine.keyring, &draft, act).await;
        tx.commit().await.unwrap();
        let statement = format!(
            "SELECT 1 AS external_id /* {} */",
            (seeds.email)("statement")
        );
        let query = [
            ("name", "By a statement"),
            ("credential", &added.unwrap()),
            ("statement", &statement),
        ];
        self.submit("/queries/new?kind=sql", "/queries", &query)
            .await;
    }
}

/// A destination to which everybody may send.
async fn destination(world: &World, seeds: &Seeds) -> String {
    let engine = world.engine();
    let integration = world.integration().await;
    let draft = DestinationDraft {
        name: (seeds.text)("destination"),
        description: (seeds.text)("description"),
        credential_id: integration.settings.credential_id.clone(),
        url: integration.settings.url.clone(),
        account: "simulated".to_owned(),
        environment: Environment::Sandbox,
        admin_only: false,
        allow_restricted: true,
        settings: "{\"users_per_second\":0}".to_owned(),
    };
    let mut tx = engine.store.begin().await.unwrap();
    let added = destinations::add(&mut tx, &draft, engine.act(ADMIN_EMAIL)).await;
    tx.commit().await.unwrap();
    added.unwrap().id
}
