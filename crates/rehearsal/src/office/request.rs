//! What a worker's sending is as a request, with what the seed adds to it.

use domain::case::CaseField;
use domain::push::{Reply, Sending};
use domain::value::Value;
use jiff::Timestamp;

use crate::remote::{Creation, Trigger, Update};
use crate::schedule::Schedule;
use crate::tally::Count;
use crate::wire::Request;

impl Schedule<'_> {
    pub(super) fn request(
        &mut self,
        op_id: &str,
        sending: &Sending,
    ) -> Result<Request, Box<Reply>> {
        let op = op_id.to_owned();
        let rates = self.swarm.wire.clone();
        let (ticket, values, comment, stamp) = match sending {
            Sending::Create(draft) => {
                return Ok(Request::Create(Creation {
                    draft: domain::push::Draft::clone(draft),
                    op,
                    trigger: self.draw_trigger(),
                }));
            }
            Sending::Comment {
                ticket,
                comment,
                public,
                stamp,
            } => {
                if let Some(reply) = Self::unfit(comment) {
                    return Err(Box::new(reply));
                }
                let values = std::collections::BTreeMap::new();
                (*ticket, values, Some((comment.clone(), *public)), stamp)
            }
            Sending::Fields {
                ticket,
                values,
                stamp,
            } => (*ticket, values.clone(), None, stamp),
        };
        let ignores = if self.chance.per_mille(rates.no_effect) {
            self.tally.add(Count::NoEffect);
            1 + self.chance.below(2)
        } else {
            0
        };
        let refuses = self.chance.per_mille(rates.refused).then(|| {
            let fields: Vec<CaseField> = values.keys().copied().collect();
            match fields.is_empty() {
                // Stands for the whole record: a comment.
                true => CaseField::Description,
                false => fields[self.chance.index(fields.len())],
            }
        });
        Ok(Request::Update(Update {
            ticket,
            values,
            comment,
            stamp: stamp.map(Timestamp::as_second),
            op,
            trigger: self.draw_trigger(),
            ignores,
            refuses,
        }))
    }

    fn draw_trigger(&mut self) -> Option<Trigger> {
        if !self.chance.per_mille(self.swarm.wire.trigger) {
            return None;
        }
        let (field, value): (CaseField, Value) = self.draw_value_there(None);
        Some(Trigger {
            field,
            value,
            same_audit: self.chance.below(2) == 0,
            unseen: self.chance.below(2) == 0,
        })
    }
}
