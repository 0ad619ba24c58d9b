//! Presence: who is in a topic, and that everybody is told of each change, in order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use sansocket::Prepared;
use sansocket::polled::{Change, Hub, Presence};
use tokio::task::yield_now;

use crate::hub::{Socket, member, next};

/// Tells a newcomer who is there, and the others who came or went.
fn announce(presence: &Presence<'_, String>) {
    match presence.change() {
        Change::Joined(name) => {
            let names: Vec<&str> = presence.present().map(String::as_str).collect();
            presence.welcome(&Prepared::new(format!("={}", names.join(","))));
            presence.publish(&Prepared::new(format!("+{name}")));
        }
        Change::Left(name) => {
            presence.publish(&Prepared::new(format!("-{name}")));
        }
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_hub_knows_who_is_in_a_topic() {
    let hub = Hub::<String>::default();
    let members = [(); 3].map(|()| member(64));
    let [(_, _, ada), (_, _, bob), (_, _, bobs_phone)] = &members;
    let first = hub.join_as("lobby", ada, "Ada".into());
    let _second = hub.join_as("lobby", bob, "Bob".into());
    let _elsewhere = hub.join_as("attic", ada, "Ada".into());
    let third = hub.join_as("lobby", bobs_phone, "Bob".into());
    assert_eq!(hub.present("lobby"), names(&["Ada", "Bob", "Bob"]));
    assert_eq!(hub.present("attic"), names(&["Ada"]));
    assert_eq!(hub.present("cellar"), names(&[]));
    drop(first);
    assert_eq!(hub.present("lobby"), names(&["Bob", "Bob"]));
    drop(third);
    assert_eq!(hub.present("lobby"), names(&["Bob"]));
    assert_eq!(hub.members("lobby"), 1);
}

#[test]
fn a_connection_that_is_dropped_is_not_present() {
    let hub = Hub::<String>::observed(announce);
    let (mut clients, mut kept) = (Vec::new(), Vec::new());
    for name in ["Ada", "Bob"] {
        let (client, reader, writer) = member(4096);
        kept.push(hub.join_as("lobby", &writer, name.into()));
        clients.push((client, reader, writer));
    }
    // Its membership is kept by mistake, and a clone of the writer.
    let (_client, reader, writer) = clients.pop().unwrap();
    let clone = writer.clone();
    drop((reader, writer));
    assert_eq!(hub.present("lobby"), names(&["Ada", "Bob"]));
    drop(clone);
    assert_eq!(hub.present("lobby"), names(&["Ada"]));
    // Who is there is told with the next message.
    let counts = || clients[0].2.with_backlog(|it| it.counts());
    assert_eq!(counts().taken, 2, "=Ada, +Bob");
    assert_eq!([0; 2].map(|_| hub.publish("lobby", &Prepared::new("news"))), [1; 2]);
    assert_eq!(counts().taken, 5, "news, -Bob, news");
    drop(kept);
    assert_eq!((counts().taken, hub.members("lobby")), (5, 0), "nobody is left to be told");
}

#[test]
fn a_user_whose_connections_are_dropped_goes_offline_once() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let hub = Hub::<String>::observed(move |presence| {
        let connections = |name: &String| presence.present().filter(|it| *it == name).count();
        let told = match presence.change() {
            Change::Joined(name) => format!("+{name} {}", connections(name)),
            Change::Left(name) => format!("-{name} {}", connections(name)),
        };
        sink.lock().unwrap().push(told);
    });
    let both = [member(64), member(64)];
    let stale = both.each_ref().map(|(_, _, writer)| hub.join_as("lobby", writer, "Bob".into()));
    drop(both);
    assert_eq!(hub.present("lobby"), names(&[]));
    hub.publish("lobby", &Prepared::new("news"));
    drop(stale);
    assert_eq!(*told.lock().unwrap(), ["+Bob 1", "+Bob 2", "-Bob 1", "-Bob 0"]);
}

/// What an application knows of a member may use the hub when it is dropped.
struct Visitor(Hub<Option<Self>>, Arc<AtomicUsize>);

impl Drop for Visitor {
    fn drop(&mut self) {
        self.1.fetch_add(1 + self.0.members("lobby"), Ordering::Relaxed);
    }
}

#[test]
fn no_lock_is_held_while_a_member_is_dropped() {
    let (done, finished) = mpsc::channel();
    // On a thread of its own, since a deadlock would hold up the test.
    thread::spawn(move || {
        let (hub, count) = (Hub::<Option<Visitor>>::default(), Arc::default());
        let visit = || {
            let (client, reader, writer) = member(64);
            let visitor = Visitor(hub.clone(), Arc::clone(&count));
            (hub.join_as("lobby", &writer, Some(visitor)), (client, reader, writer))
        };
        let mut memberships = Vec::new();
        let (_client, _reader, writer) = member(64);
        let steps: [&dyn Fn(); 3] = [
            &|| assert_eq!(hub.publish("lobby", &Prepared::new("news")), 0),
            &|| drop(hub.join_as("lobby", &writer, None)),
            &|| {},
        ];
        for step in steps {
            let (stale, dropped) = visit();
            drop(dropped);
            memberships.push(stale);
            step();
        }
        drop(memberships);
        done.send(count.load(Ordering::Relaxed)).unwrap();
    });
    let count = finished.recv_timeout(Duration::from_secs(10));
    assert!(count.is_ok_and(|count| count >= 3), "{count:?}");
}

#[test]
fn a_membership_of_a_dropped_connection_takes_no_place_from_others() {
    let hub = Hub::new();
    let (_client, reader, writer) = member(64);
    let stale = hub.join("lobby", &writer);
    drop((reader, writer));
    // The topic is empty, is removed, and is made anew.
    let (_client, _reader, writer) = member(64);
    drop(hub.join("lobby", &writer));
    let _membership = hub.join("lobby", &writer);
    drop(stale);
    assert_eq!(hub.members("lobby"), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn newcomers_are_welcomed_and_changes_are_told_to_the_others() {
    let hub = Hub::<String>::observed(announce);
    let enter = |name: &str| {
        let (client, mut reader, writer) = member(4096);
        let membership = hub.join_as("lobby", &writer, name.into());
        tokio::spawn(async move {
            let _membership = membership;
            while let Ok(Some(_)) = reader.receive().await {}
        });
        client
    };
    let mut ada = enter("Ada");
    let mut bob = enter("Bob");
    assert_eq!(hub.publish("lobby", &Prepared::new("hello")), 2);
    let cleo = enter("Cleo");
    drop(cleo);
    while hub.members("lobby") > 2 {
        yield_now().await;
    }
    let told = async |client: &mut Socket, expected: &[&str]| {
        for text in expected {
            assert_eq!(next(client).await, *text);
        }
    };
    told(&mut ada, &["=Ada", "+Bob", "hello", "+Cleo", "-Cleo"]).await;
    told(&mut bob, &["=Ada,Bob", "hello", "+Cleo", "-Cleo"]).await;
}

/// Joins and leaves from many threads at once. One member stays, and writes down what it is told.
#[tokio::test(flavor = "current_thread")]
async fn whoever_is_told_each_change_knows_who_is_there() {
    let hub = Hub::<String>::observed(announce);
    let (mut client, mut reader, writer) = member(4096);
    let _membership = hub.join_as("lobby", &writer, "Ada".into());
    tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
    let stay = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (hub, stay) = (hub.clone(), Arc::clone(&stay));
            thread::spawn(move || {
                for round in 0..40 {
                    let one = member(64);
                    let membership = hub.join_as("lobby", &one.2, format!("{thread}.{round}"));
                    match round % 10 {
                        0 => stay.lock().unwrap().push((membership, one)),
                        1 => drop((one, membership)),
                        _ => drop((membership, one)),
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    hub.publish("lobby", &Prepared::new("end"));
    let mut known = BTreeSet::new();
    loop {
        let text = next(&mut client).await;
        match text.split_at(1) {
            ("=", "Ada") => assert!(known.insert("Ada".to_owned())),
            ("+", name) => assert!(known.insert(name.to_owned()), "{name} was there"),
            ("-", name) => assert!(known.remove(name), "{name} was not there"),
            _ => break assert_eq!(text, "end"),
        }
    }
    let present = BTreeSet::from_iter(hub.present("lobby"));
    assert_eq!((known.len(), &known), (17, &present));
}

#[test]
fn an_observer_is_told_of_the_first_and_the_last() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let hub = Hub::<u8>::observed(move |presence| {
        assert!(
            !presence.welcome(&Prepared::new("")) || matches!(presence.change(), Change::Joined(_))
        );
        let count = presence.present().count();
        sink.lock().unwrap().push(format!("{} {:?} {count}", presence.topic(), presence.change()));
    });
    let (_client, _reader, writer) = member(64);
    let memberships = [1, 2].map(|user| hub.join_as("a", &writer, user));
    drop(memberships);
    let expected = ["a Joined(1) 1", "a Joined(2) 2", "a Left(1) 1", "a Left(2) 0"];
    assert_eq!(*told.lock().unwrap(), expected);
}
