//! Where the probes act: requests counted and noted down, one after another or two at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use futures_util::future::join;
use jiff::Timestamp;
use serde_json::{Value, json};
use zendesk::{Asker, Bucket, Client, Error, Exchanged, Question, Verb};

use super::report::{Ends, ExchangeRow, Report};
use super::shape::{Scrub, own_rows, path_of};
use super::{EXTERNAL_ID, FOR_CLEANING, MOST_REQUESTS, Stop, Target};
use crate::engine::Engine;

/// How often a request is repeated that a limit held back: surely it did nothing.
const REPEATS: usize = 2;
/// The wait after a limit that names none.
const LIMITED: Duration = Duration::from_secs(10);
/// The longest such wait.
const LONGEST_LIMITED: Duration = Duration::from_secs(60);
/// A little more than a second, so that Zendesk's second is another one.
const NEXT_SECOND: Duration = Duration::from_millis(1_100);

/// Why a probe came to no end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody asked to stop.
    Stopped,
    /// The requests of the check are used up.
    Spent,
    /// What everything else needs was not there.
    NotBegun,
    /// Zendesk, or the way to it.
    Zendesk(Error),
    /// An answer of 5xx, which says nothing.
    Broken(u16),
    /// An answer that the probe cannot go on from.
    Odd(String),
}

impl Halt {
    /// Whether nothing more is to be asked.
    pub(super) fn ends_all(&self) -> bool {
        match self {
            Self::Stopped | Self::NotBegun => true,
            Self::Spent | Self::Zendesk(_) | Self::Broken(_) | Self::Odd(_) => false,
        }
    }
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) verb: Verb,
    pub(super) path: &'a str,
    pub(super) body: Option<&'a str>,
    pub(super) bucket: Bucket,
    pub(super) key: Option<&'a str>,
    pub(super) asker: Asker,
}

impl<'a> Ask<'a> {
    pub(super) fn get(path: &'a str) -> Self {
        Self {
            verb: Verb::Get,
            path,
            body: None,
            bucket: Bucket::Account,
            key: None,
            asker: Asker::Ourselves,
        }
    }

    pub(super) fn on(self, bucket: Bucket) -> Self {
        Self { bucket, ..self }
    }

    pub(super) fn delete(path: &'a str) -> Self {
        Self {
            verb: Verb::Delete,
            ..Self::get(path)
        }
    }

    pub(super) fn post(path: &'a str, body: &'a str) -> Self {
        Self {
            verb: Verb::Post,
            body: Some(body),
            ..Self::get(path)
        }
    }

    fn put(path: &'a str, body: &'a str) -> Self {
        Self {
            verb: Verb::Put,
            bucket: Bucket::TicketUpdates,
            ..Self::post(path, body)
        }
    }

    fn question(&self) -> Question<'a> {
        Question {
            call: "the live check",
            bucket: self.bucket,
            verb: self.verb,
            path: self.path,
            body: self.body,
            idempotency_key: self.key,
            asker: self.asker,
        }
    }
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
    pub(super) exchanged: Exchanged,
}

impl Answer {
    fn of(exchanged: Exchanged) -> Self {
        Self {
            status: exchanged.status,
            json: serde_json::from_slice(&exchanged.body).unwrap_or_default(),
            exchanged,
        }
    }

    /// Zendesk's code of a refusal, or what stands for it.
    pub(super) fn code(&self) -> &str {
        let error = &self.json["error"];
        let code = error.as_str().or_else(|| error["title"].as_str());
        code.or_else(|| self.json["errors"][0]["code"].as_str())
            .unwrap_or("no code")
    }

    /// The id of the record under `key`.
    pub(super) fn id_of(&self, key: &str) -> Option<i64> {
        self.json[key]["id"].as_i64()
    }

    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.exchanged.headers.iter();
        let found = headers.find(|(one, _)| one == name);
        found.and_then(|(_, value)| value.as_deref())
    }

    /// The answer, if it is one of success.
    pub(super) fn good(self, what: &str) -> Result<Self, Halt> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let (status, code) = (self.status, self.code());
        Err(Halt::Odd(format!(
            "Zendesk refused {what}: {status} {code}."
        )))
    }
}

/// What the answer to a write says about clocks.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// `Date`.
    pub(super) date: Timestamp,
    /// `updated_at` of what was just changed.
    pub(super) updated: Timestamp,
    /// This machine's time when the answer was there.
    pub(super) answered: Timestamp,
}

/// Where the probes act.
pub(super) struct Stage {
    client: Client,
    clock: Arc<dyn Clock>,
    stop: Stop,
    run: String,
    scrub: Scrub,
    probe: &'static str,
    /// The throw-away ticket.
    ticket: Option<i64>,
    cleaning: bool,
    spent: usize,
    written: bool,
    exchanges: Vec<ExchangeRow>,
    /// Of all changes of the ticket so far.
    pub(super) moments: Vec<Moment>,
    /// Of every answer: ours before, Zendesk's, ours after.
    pub(super) clocks: Vec<(Timestamp, Timestamp, Timestamp)>,
}

impl Stage {
    pub(super) fn new(engine: &Engine, target: &Target, stop: Stop) -> Self {
        let host = target.client.address().to_string();
        let host = host.split("://").last().unwrap_or_default();
        Self {
            client: target.client.clone(),
            clock: engine.clock.clone(),
            stop,
            run: engine.new_op_id(),
            scrub: Scrub::new(&[host, &target.account]),
            probe: "",
            ticket: None,
            cleaning: false,
            spent: 0,
            written: false,
            exchanges: Vec::new(),
            moments: Vec::new(),
            clocks: Vec::new(),
        }
    }

    /// Names what the next requests are for.
    pub(super) fn at(&mut self, probe: &'static str) {
        self.probe = probe;
    }

    /// From now on a request to stop is not heard, and the requests kept for cleaning may be used.
    pub(super) fn clean_up(&mut self) {
        self.cleaning = true;
        self.at("cleaning");
    }

    /// The name of this check: 32 hex digits.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// A marker as an operation of Deskbridge has one, of this check alone.
    pub(super) fn op(&self, number: usize) -> String {
        let part = self.run.get(..24).unwrap_or_default();
        format!("{part}{number:08x}")
    }

    /// Whether anything was sent that may have made a record.
    pub(super) fn has_written(&self) -> bool {
        self.written
    }

    /// This machine's time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until Zendesk's clock shows another second.
    ///
    /// # Errors
    /// [`Halt::Stopped`].
    pub(super) async fn next_second(&mut self) -> Result<(), Halt> {
        self.wait(NEXT_SECOND).await
    }

    /// Waits.
    ///
    /// # Errors
    /// [`Halt::Stopped`].
    pub(super) async fn wait(&mut self, wait: Duration) -> Result<(), Halt> {
        let sleep = self.clock.sleep(wait);
        if self.cleaning {
            sleep.await;
            return Ok(());
        }
        let mut stop = self.stop.clone();
        let asked = async {
            if stop.wait_for(|asked| *asked).await.is_err() {
                // Nobody is left who could ask.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = asked => Err(Halt::Stopped),
            () = sleep => Ok(()),
        }
    }

    fn may_send(&self) -> Result<(), Halt> {
        if !self.cleaning && *self.stop.borrow() {
            return Err(Halt::Stopped);
        }
        let kept = if self.cleaning { 0 } else { FOR_CLEANING };
        if self.spent + kept < MOST_REQUESTS {
            Ok(())
        } else {
            Err(Halt::Spent)
        }
    }

    /// Sends one request; again if a limit held it back.
    ///
    /// # Errors
    /// [`Halt::Stopped`], [`Halt::Spent`], without a whole answer [`Halt::Zendesk`], and [`Halt::Broken`].
    pub(super) async fn send(&mut self, ask: Ask<'_>) -> Result<Answer, Halt> {
        let mut repeats = 0;
        loop {
            self.may_send()?;
            let began = self.clock.now();
            self.begin(&ask);
            let got = self.client.exchange(ask.question()).await;
            match self.note(&ask, began, got) {
                Err(Error::Limited { after, .. }) if repeats < REPEATS => {
                    repeats += 1;
                    let wait = after.unwrap_or(LIMITED).min(LONGEST_LIMITED);
                    self.wait(wait).await?;
                }
                Err(error) => return Err(Halt::Zendesk(error)),
                Ok(answer) => return whole(answer),
            }
        }
    }

    /// Sends two requests at the same time.
    ///
    /// # Errors
    /// As [`Stage::send`], of either.
    pub(super) async fn send_both(
        &mut self,
        one: Ask<'_>,
        other: Ask<'_>,
    ) -> Result<(Answer, Answer), Halt> {
        self.may_send()?;
        let began = self.clock.now();
        self.begin(&one);
        self.begin(&other);
        let (first, second) = join(
            self.client.exchange(one.question()),
            self.client.exchange(other.question()),
        )
        .await;
        let first = self.note(&one, began, first);
        let second = self.note(&other, began, second);
        Ok((
            whole(first.map_err(Halt::Zendesk)?)?,
            whole(second.map_err(Halt::Zendesk)?)?,
        ))
    }

    /// Changes the throw-away ticket. `change` is the object `ticket` of the request.
    ///
    /// # Errors
    /// As [`Stage::send`].
    pub(super) async fn put(&mut self, ticket: i64, change: &Value) -> Result<Answer, Halt> {
        self.ticket = Some(ticket);
        let (path, body) = put_parts(ticket, change);
        self.send(Ask::put(&path, &body)).await
    }

    /// Changes the throw-away ticket twice at the same time.
    ///
    /// # Errors
    /// As [`Stage::send_both`].
    pub(super) async fn put_both(
        &mut self,
        ticket: i64,
        one: &Value,
        other: &Value,
    ) -> Result<(Answer, Answer), Halt> {
        let (path, one) = put_parts(ticket, one);
        let (_, other) = put_parts(ticket, other);
        let both = self.send_both(Ask::put(&path, &one), Ask::put(&path, &other));
        both.await
    }

    fn begin(&mut self, ask: &Ask<'_>) {
        self.spent += 1;
        self.written |= ask.verb != Verb::Get;
    }

    fn note(
        &mut self,
        ask: &Ask<'_>,
        began: Timestamp,
        got: Result<Exchanged, Error>,
    ) -> Result<Answer, Error> {
        let got = got.map(Answer::of);
        let took = self.clock.now().duration_since(began).as_millis();
        let mut row = ExchangeRow {
            probe: self.probe,
            method: ask.verb.as_str(),
            path: path_of(ask.path),
            status: None,
            milliseconds: i64::try_from(took).unwrap_or(i64::MAX),
            headers: BTreeMap::new(),
            shape: None,
            problem: None,
        };
        match &got {
            Ok(answer) => {
                let exchanged = &answer.exchanged;
                row.status = Some(answer.status);
                row.headers = exchanged.headers.iter().cloned().collect();
                row.shape = Some(self.form_of(ask.path, answer));
                if let Some(date) = exchanged.date {
                    let (sent, answered) = (exchanged.sent, exchanged.answered);
                    self.clocks.push((sent, date, answered));
                    self.note_moment(ask, answer, date);
                }
            }
            Err(error) => row.problem = Some(self.scrub.sentence(&error.to_string())),
        }
        self.exchanges.push(row);
        got
    }

    fn form_of(&self, path: &str, answer: &Answer) -> Value {
        if answer.json.is_null() && !answer.exchanged.body.is_empty() {
            let text = String::from_utf8_lossy(&answer.exchanged.body);
            return json!({ "no JSON": self.scrub.sentence(&text) });
        }
        let refused = answer.status >= 400;
        if path.starts_with("incremental/") {
            let own = own_rows(&answer.json, self.ticket, EXTERNAL_ID);
            return self.scrub.shape(&own, refused);
        }
        self.scrub.shape(&answer.json, refused)
    }

    fn note_moment(&mut self, ask: &Ask<'_>, answer: &Answer, date: Timestamp) {
        let is_change = ask.verb == Verb::Put && answer.json["audit"]["events"].is_array();
        let updated = answer.json["ticket"]["updated_at"].as_str();
        if let Some(updated) = updated.and_then(|text| text.parse().ok())
            && is_change
        {
            let answered = answer.exchanged.answered;
            self.moments.push(Moment {
                date,
                updated,
                answered,
            });
        }
    }

    /// Why a probe came to no end, for people and for the file.
    pub(super) fn sentence(&self, halt: &Halt) -> String {
        match halt {
            Halt::Stopped => "Somebody asked to stop.".to_owned(),
            Halt::Spent => format!("The {MOST_REQUESTS} requests of a check were used up."),
            Halt::NotBegun => "It was not begun, for what is said above.".to_owned(),
            Halt::Zendesk(error) => self.scrub.sentence(&error.to_string()),
            Halt::Broken(status) => format!("Zendesk answered with {status}."),
            Halt::Odd(sentence) => self.scrub.sentence(sentence),
        }
    }

    pub(super) fn into_report(self, ends: Ends) -> Report {
        Report::new(self.run, self.spent, self.exchanges, ends)
    }
}

fn whole(answer: Answer) -> Result<Answer, Halt> {
    match answer.status {
        500.. => Err(Halt::Broken(answer.status)),
        _ => Ok(answer),
    }
}

fn put_parts(ticket: i64, change: &Value) -> (String, String) {
    let body = json!({ "ticket": change }).to_string();
    (format!("tickets/{ticket}"), body)
}
