//! The scenarios themselves: texts only.

use super::Scenario;
use crate::word::Kind;

pub(super) static SCENARIOS: [Scenario; 12] = [
    Scenario {
        kind: Some(Kind::Question),
        group: 0,
        tags: &["order", "delivery"],
        subject: &[
            "Where is my order {order}?",
            "Order {order} has not arrived",
            "Delivery of the {product} is late",
        ],
        opening: &[
            "Hello,\n\nI ordered the {product} {days} days ago (order {order}) and the tracking page has said \"in transit\" ever since. Could you find out where it is?\n\nThank you",
            "Hi there, order {order} was promised for last week and there is still no parcel in {city}. The carrier told me to ask you.",
            "Good morning,\n\nmy order {order} ({product}) should have been here {days} days ago. Has it been sent at all?",
        ],
        more: &[
            "Any news? The tracking page still says the same.",
            "The carrier now says it is at the depot in {city}. Can you ask them to bring it out?",
            "Thanks for looking into this. I am at home on Thursday and Friday.",
        ],
        answer: &[
            "Thank you for your message. I have asked the carrier about order {order} and will write again as soon as they answer, within one working day.",
            "The parcel with your {product} was held at the depot in {city}. The carrier will try again tomorrow.",
            "I am sorry for the wait. Could you confirm the delivery address for order {order}?",
        ],
        note: &[
            "Carrier ticket opened for order {order}, second scan missing since {city}.",
            "Third late parcel through {city} this week. Ask logistics whether the route is blocked.",
        ],
        closing: &[
            "The carrier confirmed that order {order} was handed over. I hope you enjoy the {product}; write back if anything is missing.",
            "We have sent the {product} again by express, free of charge. You will find the tracking number in a separate mail.",
        ],
    },
    Scenario {
        kind: Some(Kind::Task),
        group: 1,
        tags: &["return", "refund"],
        subject: &[
            "Return of the {product}",
            "I would like to send back order {order}",
            "Refund for order {order}",
        ],
        opening: &[
            "Hello, the {product} is lovely but does not fit. How do I return it? The order is {order}.",
            "I would like to return order {order}. It is unopened. Do I pay for the postage?",
            "Hi,\n\nI sent the {product} back {days} days ago and have not seen the {amount} on my card yet. Order {order}.",
        ],
        more: &[
            "I have dropped the parcel off in {city} today, here is the number from the slip: RT{order}.",
            "Is there a way to get the label without a printer?",
        ],
        answer: &[
            "You will find the return label for order {order} in a separate mail. Please pack the {product} in its box and drop it at any post office.",
            "The return has reached our warehouse. The refund of {amount} takes three to five working days.",
        ],
        note: &[
            "Outside the 30 days by {days}, but a good customer. Approved as an exception.",
            "Warehouse: box opened, item as new. Back to stock.",
        ],
        closing: &[
            "We have refunded {amount} to the card you paid with. It shows on your statement within three days.",
            "The exchange is on its way to {city}. Thank you for your patience!",
        ],
    },
    Scenario {
        kind: Some(Kind::Incident),
        group: 0,
        tags: &["damage", "delivery"],
        subject: &[
            "{product} arrived broken",
            "Damaged parcel, order {order}",
            "A part is missing from the {product}",
        ],
        opening: &[
            "Hi, the {product} from order {order} arrived today with a crack along the side. The box was fine, so I think it was packed that way.",
            "Hello,\n\nthe bag with the screws is missing from the {product}. Could you send it to {city}? Order {order}.",
            "The parcel looked as if it had been dropped from a roof 😕 and the {product} is in two pieces. What now?",
        ],
        more: &[
            "I have taken three pictures and can send more if you need them.",
            "No need for a whole new one, the part alone would do.",
        ],
        answer: &[
            "I am sorry about that! Could you send us a picture of the {product} and of the box?",
            "Thank you for the pictures. A replacement for order {order} leaves our warehouse today.",
        ],
        note: &[
            "Claim filed with the carrier, {amount}.",
            "Same fault as in the batch from {city}. Told purchasing.",
        ],
        closing: &[
            "The replacement has been delivered. Please keep or recycle the broken one, there is no need to send it back.",
            "We have sent the missing part by letter post. It should be in {city} within {days} days.",
        ],
    },
    Scenario {
        kind: Some(Kind::Incident),
        group: 2,
        tags: &["account", "sign-in"],
        subject: &[
            "I cannot sign in to my account",
            "Password link does not work",
            "Locked out of my account",
        ],
        opening: &[
            "Every time I try to sign in, the page says that my account is locked. I have not changed anything. Order {order} is the last thing I did there.",
            "The link in the password mail opens an empty page. Tried with two browsers.",
            "Hello, I moved to {city}, have a new phone, and no longer receive the code for signing in.",
        ],
        more: &[
            "Now it says that the link was used already, but I have not clicked it.",
            "That worked, but my old orders are gone from the list.",
        ],
        answer: &[
            "I have unlocked the account. Please try again, and use the newest of the mails if you asked for several.",
            "Which browser do you use, and does the page show a number at the bottom? That helps us find the cause.",
        ],
        note: &[
            "Rate limit hit from an address in {city}, looks like a password manager gone wild.",
            "Two accounts with one address, see the other ticket.",
        ],
        closing: &[
            "Your account is open again and order {order} is back in the list. Thank you for your patience.",
            "We have fixed the page behind the link. Please ask for a new mail, the old links stay dead.",
        ],
    },
    Scenario {
        kind: Some(Kind::Question),
        group: 1,
        tags: &["invoice", "billing"],
        subject: &[
            "Invoice for order {order}",
            "VAT number missing on invoice",
            "Charged twice for order {order}?",
        ],
        opening: &[
            "Could you send the invoice for order {order} with our company's name on it? We are in {city}.",
            "I see {amount} twice on my statement for order {order}. Please check.",
            "Our VAT number is missing from the last {days} invoices. Can they be issued again?",
        ],
        more: &[
            "Accounting asks for it by Friday, sorry to push.",
            "One of the two has disappeared from the statement, so it may have been a reservation only.",
        ],
        answer: &[
            "The second line is a reservation and will be released by your bank within {days} days. We have charged {amount} once.",
            "Of course. Could you give me the exact name and address for the invoice?",
        ],
        note: &[
            "Checked with payments: one capture, one authorisation.",
            "Invoice {order} corrected, see the billing system.",
        ],
        closing: &[
            "The corrected invoice is attached to a separate mail.",
            "All {days} invoices have been issued again with your VAT number.",
        ],
    },
    Scenario {
        kind: None,
        group: 0,
        tags: &["feedback"],
        subject: &[
            "Thank you!",
            "A compliment for the team in {city}",
            "Idea for the {product}",
        ],
        opening: &[
            "I only wanted to say that the {product} is the best thing I have bought this year 🎉",
            "The lady on the phone found my parcel in five minutes. Please tell her thank you. Order {order}.",
            "Would you consider selling the {product} in green? I would buy two.",
        ],
        more: &[
            "No answer needed, have a good week!",
            "Happy to test it if you make one.",
        ],
        answer: &[
            "What a lovely message, I have passed it on to the team in {city}.",
            "Thank you for the idea! I have handed it to the people who choose the colours.",
        ],
        note: &[
            "Printed for the kitchen wall.",
            "Colour request, the fourth this month.",
        ],
        closing: &["Thank you for writing, and enjoy the {product}!"],
    },
    Scenario {
        kind: Some(Kind::Question),
        group: 0,
        tags: &["lieferung", "deutsch"],
        subject: &[
            "Wo bleibt meine Bestellung {order}?",
            "Frage zur Lieferung nach {city}",
            "Falscher Artikel geliefert",
        ],
        opening: &[
            "Guten Tag,\n\nich warte seit {days} Tagen auf meine Bestellung {order}. Könnten Sie bitte prüfen, wo das Paket ist?\n\nMit freundlichen Grüßen",
            "Hallo, geliefert wurde eine falsche Größe. Bestellt hatte ich laut Auftrag {order} etwas anderes. Wie geht es nun weiter?",
        ],
        more: &[
            "Gibt es schon etwas Neues?",
            "Vielen Dank, das Paket ist heute angekommen.",
        ],
        answer: &[
            "Vielen Dank für Ihre Nachricht. Ich habe beim Paketdienst nachgefragt und melde mich morgen wieder.",
            "Das tut mir leid. Ein Rücksendeetikett ist unterwegs, der Ersatz geht heute hinaus.",
        ],
        note: &[
            "Kundin wünscht Rückruf nach 17 Uhr.",
            "Paket liegt in der Filiale in {city}.",
        ],
        closing: &["Das Paket wurde zugestellt. Ich wünsche Ihnen viel Freude damit!"],
    },
    Scenario {
        kind: Some(Kind::Incident),
        group: 2,
        tags: &["shop", "error"],
        subject: &[
            "Checkout shows an error",
            "Voucher is refused at checkout",
            "The shop is very slow today",
        ],
        opening: &[
            "At the last step of the checkout I get \"something went wrong\" and the basket with the {product} is empty afterwards.",
            "My voucher over {amount} is refused, although it is valid for another {days} days.",
            "Pages take half a minute to open from {city}. Is something broken?",
        ],
        more: &[
            "It worked once with another card, then failed again.",
            "Same on my phone, so it is not the browser.",
        ],
        answer: &[
            "Thank you for reporting this. Our engineers are looking into it; I will write as soon as it works again.",
            "Could you tell me the time of your last try? Then we can find it in our records.",
        ],
        note: &[
            "Linked to the incident of this morning, payment service timed out.",
            "Voucher belongs to the other brand.",
        ],
        closing: &[
            "The fault has been repaired. Your basket with the {product} is still there.",
            "The voucher works now. We have added {days} days to it for the trouble.",
        ],
    },
    Scenario {
        kind: Some(Kind::Problem),
        group: 2,
        tags: &["outage"],
        subject: &[
            "Payment page times out",
            "Carrier interface down in {city}",
            "Mails delayed",
        ],
        opening: &[
            "Several customers report that the payment page times out since this morning. Collecting them here.",
            "Labels for {city} cannot be printed, the carrier's interface answers with an error.",
        ],
        more: &[
            "Still seen from two regions.",
            "It is better since noon, but not gone.",
        ],
        answer: &[
            "We have found the cause and expect it to be solved today.",
            "The provider has confirmed the fault. Next news in two hours.",
        ],
        note: &[
            "Provider ticket {order}.",
            "Rolled back the last release, watching.",
        ],
        closing: &["Solved by the provider. All affected orders have gone through."],
    },
    Scenario {
        kind: Some(Kind::Question),
        group: 1,
        tags: &["devolución", "español"],
        subject: &[
            "Devolución del pedido {order}",
            "¿Dónde está mi paquete?",
            "Pregunta sobre la garantía",
        ],
        opening: &[
            "Buenos días:\n\nquisiera devolver el pedido {order}. ¿Qué tengo que hacer?\n\nUn saludo",
            "Hola, el paquete tenía que llegar a {city} hace {days} días. ¿Podrían mirarlo? ¡Gracias!",
        ],
        more: &["Ya lo he enviado, gracias.", "Todavía no ha llegado nada."],
        answer: &["Gracias por escribirnos. Le enviamos la etiqueta de devolución a su correo."],
        note: &["Cliente de {city}, segunda devolución este año."],
        closing: &["El reembolso de {amount} está hecho. ¡Gracias por su paciencia!"],
    },
    Scenario {
        kind: Some(Kind::Question),
        group: 0,
        tags: &["delivery", "rtl"],
        subject: &["أين طلبي رقم {order}؟", "שאלה לגבי הזמנה {order}"],
        opening: &[
            "مرحبا،\n\nطلبت منتجا قبل {days} أيام (رقم الطلب {order}) ولم يصل بعد. هل يمكنكم المساعدة؟\n\nشكرا",
            "שלום, ההזמנה {order} עדיין לא הגיעה. אפשר לבדוק בבקשה? 🙏",
        ],
        more: &["شكرا جزيلا، وصل الطرد اليوم.", "תודה רבה!"],
        answer: &["Thank you for your message. We have asked the carrier and will write tomorrow."],
        note: &["Reply in English is fine with the customer."],
        closing: &["The parcel for order {order} has been delivered. Thank you!"],
    },
    Scenario {
        kind: Some(Kind::Task),
        group: 1,
        tags: &["address", "order"],
        subject: &[
            "Change of address for order {order}",
            "Please cancel order {order}",
            "配送先の変更について {order}",
        ],
        opening: &[
            "I have moved to {city}. Please send order {order} to the new address in my account.",
            "I ordered the {product} twice by mistake. Please cancel order {order}.",
            "お世話になっております。注文番号 {order} の配送先を変更していただけますか。よろしくお願いいたします。",
        ],
        more: &[
            "Has this been done? I do not want it to go to the old flat.",
            "ありがとうございます。",
        ],
        answer: &[
            "I have changed the address of order {order}. You will get a new confirmation by mail.",
            "The {product} had been packed already, but we caught it. The order is cancelled.",
        ],
        note: &[
            "Warehouse told by phone.",
            "Address checked with the customer, {city}.",
        ],
        closing: &[
            "Done: order {order} goes to the new address.",
            "Order {order} is cancelled and {amount} refunded.",
        ],
    },
];
