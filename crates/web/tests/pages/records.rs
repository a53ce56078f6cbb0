//! Records of an installation, put into its store as a pull would.

use domain::case::{CaseFields, CasePriority, CaseSource, CaseStatus};
use domain::comment::TicketComment;
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use domain::person::{PersonName, ZendeskUser};
use domain::ticket::Ticket;
use domain::value::Agreed;
use serde_json::Value;
use store::cases::Case;
use store::comments::{CaseComment, MirroredComment};
use store::contacts::Contact;
use store::credentials::{CredentialDraft, CredentialKind};
use store::integrations::{self, ContactPolicy, EmailMatch};
use store::links::Link;
use store::references::Reference;
use store::tickets::MirroredTicket;
use store::zendesk_users::{MirroredUser, PersonLink};

use crate::house::House;

impl House {
    /// Adds an inactive integration that signs in by token, owned by Ada. Returns its id.
    pub(crate) async fn integration(&self, name: &str) -> String {
        let engine = &self.engine;
        let mut tx = engine.store.begin().await.unwrap();
        let draft = CredentialDraft {
            name: format!("for {name}"),
            description: String::new(),
            kind: CredentialKind::ApiToken,
            email: Some("agent@example.com".to_owned()),
            client_id: None,
            secret: Some("token".to_owned().into()),
        };
        let act = engine.act("test");
        let credential = store::credentials::add(&mut tx, &engine.keyring, &draft, act).await;
        let settings = integrations::Settings {
            name: name.to_owned(),
            kind: "zendesk".to_owned(),
            url: "https://acme.zendesk.com".to_owned(),
            credential_id: credential.unwrap(),
            default_email: None,
            owner_id: self.ada.id.clone(),
            two_way: false,
            priority: Priority::Remote,
            interval: std::time::Duration::from_secs(60),
            contacts: ContactPolicy::TicketPeople,
            unassigned: Unassigned::Leave,
            email_match: EmailMatch::Primary,
            budget_share: 50,
            maps: Maps::default(),
        };
        let id = integrations::add(&mut tx, &settings, act).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Adds a customer. Returns their id.
    pub(crate) async fn contact(&self, name: &str, email: &str) -> String {
        let id = self.id();
        let contact = Contact {
            id: id.clone(),
            name: PersonName::parse(name).unwrap_or_default(),
            email: Some(email.to_owned()),
            phone: None,
            owner_id: Some(self.ada.id.clone()),
        };
        let mut tx = self.engine.store.begin().await.unwrap();
        let put = store::contacts::put(&mut tx, &[contact], self.now()).await;
        put.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Adds a Zendesk user, linked to a contact or to nobody.
    pub(crate) async fn zendesk_user(
        &self,
        integration: &str,
        (id, name, email, role): (i64, &str, &str, &str),
        contact: Option<&str>,
    ) {
        let user = ZendeskUser {
            id,
            name: Some(name.to_owned()),
            email: Some(email.to_owned()),
            role: Some(role.to_owned()),
            active: true,
            ..ZendeskUser::default()
        };
        let mirrored = MirroredUser {
            user: &user,
            content: 1,
            raw: "{}",
        };
        let mut tx = self.engine.store.begin().await.unwrap();
        let put = store::zendesk_users::put(&mut tx, integration, &[mirrored]).await;
        put.unwrap();
        if let Some(contact) = contact {
            let link = PersonLink {
                remote_id: id,
                contact_id: contact.to_owned(),
                agreed: Agreed::default(),
            };
            let now = self.now();
            let linked = store::zendesk_users::link(&mut tx, integration, &[link], now).await;
            linked.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Adds a case.
    pub(crate) async fn case(&self, number: i64, subject: &str) -> Case {
        let case = Case {
            id: self.id(),
            number,
            fields: CaseFields {
                subject: subject.to_owned(),
                description: String::new(),
                status: CaseStatus::InProgress,
                priority: CasePriority::High,
                assigned_to: Some(self.ada.id.clone()),
                contact: None,
                closed_at: None,
            },
            source: CaseSource::Email,
            owner_id: Some(self.ada.id.clone()),
            reported_at: self.now(),
            created_by_run: None,
            created_at: self.now(),
            updated_at: self.now(),
            version: 1,
            deleted_at: None,
        };
        self.put_case(&case).await;
        case
    }

    pub(crate) async fn put_case(&self, case: &Case) {
        let mut tx = self.engine.store.begin().await.unwrap();
        let put = store::cases::put(&mut tx, std::slice::from_ref(case)).await;
        put.unwrap();
        tx.commit().await.unwrap();
    }

    /// Mirrors a ticket with its JSON and links it to a case.
    pub(crate) async fn ticket(
        &self,
        integration: &str,
        case: &Case,
        ticket: &Ticket,
        raw: &Value,
    ) {
        let raw = raw.to_string();
        let mirrored = MirroredTicket {
            ticket,
            content: 1,
            raw: &raw,
        };
        let link = Link {
            remote_id: ticket.id,
            case_id: case.id.clone(),
            open: true,
            agreed: Agreed::default(),
        };
        let mut tx = self.engine.store.begin().await.unwrap();
        let put = store::tickets::put(&mut tx, integration, &[mirrored]).await;
        put.unwrap();
        let linked = store::links::put(&mut tx, integration, &[link], self.now()).await;
        linked.unwrap();
        tx.commit().await.unwrap();
    }

    /// Names an entry of a reference list.
    pub(crate) async fn reference(&self, integration: &str, kind: &str, id: i64, name: &str) {
        let entry = Reference {
            remote_id: id,
            name: name.to_owned(),
            content: 1,
            raw: "{}".to_owned(),
        };
        let mut tx = self.engine.store.begin().await.unwrap();
        let put = store::references::put(&mut tx, integration, kind, &[entry]).await;
        put.unwrap();
        tx.commit().await.unwrap();
    }

    /// Adds a comment that came from Zendesk, and was noted as Ada's when it came.
    pub(crate) async fn comment(&self, integration: &str, case: &Case, comment: &TicketComment) {
        let own = CaseComment {
            id: self.id(),
            case_id: case.id.clone(),
            message: comment.body.clone(),
            public: comment.public,
            is_description: comment.is_description,
            contact_id: None,
            user_id: Some(self.ada.id.clone()),
            created_at: comment.created_at.unwrap_or(self.now()),
        };
        let mirrored = MirroredComment {
            comment,
            case_comment_id: Some(&own.id),
            content: 1,
            raw: "{}",
        };
        let mut tx = self.engine.store.begin().await.unwrap();
        let put = store::comments::mirror(&mut tx, integration, &[mirrored]).await;
        put.unwrap();
        let put = store::comments::put(&mut tx, &[own], self.now()).await;
        put.unwrap();
        tx.commit().await.unwrap();
    }
}

impl House {
    /// Switches an integration on, both ways or one.
    pub(crate) async fn activate(&self, integration: &str, two_way: bool) {
        let mut tx = self.engine.store.begin().await.unwrap();
        let found = integrations::find(&mut tx, integration).await.unwrap();
        let found = found.unwrap();
        let settings = integrations::Settings {
            two_way,
            ..found.settings.clone()
        };
        let act = self.engine.act("test");
        let edited = integrations::edit(&mut tx, integration, &settings, "", act).await;
        edited.unwrap();
        let set = integrations::activate(&mut tx, &found, "acme", act).await;
        set.unwrap();
        tx.commit().await.unwrap();
    }

    /// Records that a field of a case was changed on both sides, and that Zendesk's value stands.
    pub(crate) async fn conflict(&self, integration: &str, case: &Case, crm: &str) -> String {
        let id = self.id();
        let conflict = store::conflicts::Conflict {
            id: id.clone(),
            subject: store::conflicts::Subject::Case(case.id.clone()),
            remote_id: 701,
            field: "subject".to_owned(),
            agreed: Some("Printer".to_owned()),
            crm: Some(crm.to_owned()),
            zendesk: Some(case.fields.subject.clone()),
            winner: "zendesk",
            rule: "remote wins",
        };
        let mut tx = self.engine.store.begin().await.unwrap();
        let now = self.now();
        let put = store::conflicts::record(&mut tx, integration, None, &[conflict], now).await;
        put.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Parks the first operation of a case, as a worker would that Zendesk refused.
    pub(crate) async fn park(&self, integration: &str, case: &Case) -> String {
        let mut tx = self.engine.store.begin().await.unwrap();
        let held = store::desks::lock(&mut tx, &case.id)
            .await
            .unwrap()
            .unwrap();
        let mut operation = held.desk.operations[0].clone();
        let refused = domain::outbox::Parked::Refused {
            said: "no, call +1 206 555 0100".to_owned(),
        };
        operation.park(refused);
        let id = operation.op_id.clone();
        let (now, all) = (self.now(), [operation]);
        let put = store::outbox::put(&mut tx, integration, "test", &all, now).await;
        put.unwrap();
        tx.commit().await.unwrap();
        id
    }
}
