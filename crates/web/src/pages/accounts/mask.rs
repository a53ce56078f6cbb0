//! Accounts as those see them who see no personal data: a company's name stays, its people's do not.

use engine::account_view::{AccountLine, AccountView};

use crate::mask::Mask;
use crate::pages::cases::mask as hide;

impl Mask for AccountLine {
    fn mask(&mut self) {
        hide::text(&mut self.name);
    }
}

impl Mask for AccountView {
    fn mask(&mut self) {
        self.line.mask();
        self.contacts.mask();
    }
}
