//! There is one sender for each connection, so that messages do not mix and masks do not repeat.
use sansocket::Sender;

fn double(sender: Sender) -> (Sender, Sender) {
    (sender.clone(), sender) //~ E0599
}

fn main() {
    let _ = double;
}
