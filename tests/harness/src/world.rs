use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::time::Instant;

use sansocket::polled::Io;

use crate::choices::Choices;

/// Two pipes between two ends, which are late, short and forgetful at will.
pub(crate) struct World<'d> {
    pub(crate) choices: RefCell<Choices<'d>>,
    /// What each end writes.
    pipes: [RefCell<Pipe>; 2],
    /// Those who were told to wait though they need not have.
    late: RefCell<Vec<(usize, Slot)>>,
    /// How often an end got on with something, or was told to wait for no reason.
    events: Cell<usize>,
}

/// Bytes on the way to one end.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    capacity: usize,
    /// How many bytes can be written before none can be any more.
    strength: usize,
    /// What was written and not flushed.
    held: Vec<u8>,
    is_ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Who waits for a pipe.
#[derive(Clone, Copy)]
enum Slot {
    Reader,
    Writer,
}

impl<'d> World<'d> {
    pub(crate) fn new(mut choices: Choices<'d>) -> Self {
        CLOCK.with_borrow_mut(|clock| *clock = Timers::default());
        let pipes = [(); 2].map(|()| {
            let capacity = [usize::MAX, 20 + choices.below(200), 500, 20_000][choices.below(4)];
            RefCell::new(Pipe { capacity, strength: usize::MAX, ..Pipe::default() })
        });
        let (late, events) = (RefCell::default(), Cell::new(0));
        Self { choices: RefCell::new(choices), pipes, late, events }
    }

    /// Both ends of the pipes.
    pub(crate) fn ends(self: &Rc<Self>) -> [Memory<'d>; 2] {
        [0, 1].map(|side| Memory { world: Rc::clone(self), side })
    }

    /// Lets one of the pipes break some time, or neither.
    pub(crate) fn weaken(&self) {
        let mut choices = self.choices.borrow_mut();
        if let Some(pipe) = self.pipes.get(choices.below(8)) {
            pipe.borrow_mut().strength = choices.len();
        }
    }

    /// Which end can write no more, if one has come so far.
    pub(crate) fn broken(&self) -> Option<usize> {
        self.pipes.iter().position(|pipe| pipe.borrow().strength == 0)
    }

    /// Runs all of these until they are done, each only when it has been woken. Time passes only if it
    /// `may` and nobody has anything to do.
    pub(crate) fn run(&self, tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>, may: Passing) {
        let mut tasks: Vec<_> = tasks.into_iter().map(|task| Some((task, Flag::woken()))).collect();
        let mut polls = 0;
        while tasks.iter().any(Option::is_some) {
            if self.choices.borrow_mut().once_in(5) {
                self.fire(1);
            }
            // Someone who tries again and again does not keep the others waiting.
            if polls % 64 == 63 && !self.fire(1) && may == Passing::May {
                pass(NAP);
            }
            let Some(at) = self.choose(&tasks, polls) else {
                let has_fired = self.fire(usize::MAX);
                assert!(
                    has_fired || may == Passing::May && pass(Duration::MAX),
                    "nobody is woken any more"
                );
                continue;
            };
            let Some((task, flag)) = &mut tasks[at] else { unreachable!("it has been chosen") };
            flag.0.store(false, Ordering::Relaxed);
            let waker = Waker::from(Arc::clone(flag));
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                tasks[at] = None;
            }
            polls += 1;
            assert!(polls <= 200 + 20 * self.events.get(), "polled for nothing");
            assert!(polls < 1_000_000, "polled without end");
        }
    }

    /// One of the tasks that have been woken, which are taken in turn but for chance.
    fn choose<T>(&self, tasks: &[Option<(T, Arc<Flag>)>], turn: usize) -> Option<usize> {
        let is_woken = |at: &usize| tasks[*at].as_ref().is_some_and(|(_, flag)| flag.is_woken());
        let woken: Vec<usize> = (0..tasks.len()).filter(is_woken).collect();
        let chance = self.choices.borrow_mut().below(tasks.len());
        woken.get((turn + chance) % woken.len().max(1)).copied()
    }

    /// Wakes up to `count` of those who wait for no reason.
    fn fire(&self, count: usize) -> bool {
        let mut late = self.late.borrow_mut();
        let count = count.min(late.len());
        for (pipe, slot) in late.drain(..count) {
            let mut pipe = self.pipes[pipe].borrow_mut();
            if let Some(waker) = pipe.slot(slot).take() {
                waker.wake();
            }
        }
        count > 0
    }

    /// Whether to let someone wait for no reason.
    fn delays(&self, pipe: usize, slot: Slot, cx: &Context<'_>) -> bool {
        let delays = self.choices.borrow_mut().once_in(4);
        if delays {
            *self.pipes[pipe].borrow_mut().slot(slot) = Some(cx.waker().clone());
            self.late.borrow_mut().push((pipe, slot));
            self.count();
        }
        delays
    }

    /// How many of `most` bytes to move at once.
    fn some(&self, most: usize) -> usize {
        let mut choices = self.choices.borrow_mut();
        let some = if choices.once_in(2) { 1 + choices.number() % 300 } else { usize::MAX };
        some.min(most)
    }

    pub(crate) fn count(&self) {
        self.events.set(self.events.get() + 1);
    }
}

impl Pipe {
    const fn slot(&mut self, slot: Slot) -> &mut Option<Waker> {
        match slot {
            Slot::Reader => &mut self.reader,
            Slot::Writer => &mut self.writer,
        }
    }

    fn wake(&mut self, slot: Slot) {
        if let Some(waker) = self.slot(slot).take() {
            waker.wake();
        }
    }

    /// Lets the reader see all that is held back.
    fn spill(&mut self) {
        self.bytes.extend(self.held.drain(..));
        self.wake(Slot::Reader);
    }
}

/// One end of the pipes.
///
/// It holds its wakers to the letter: success forgets the waker of that direction, without waking it.
pub(crate) struct Memory<'d> {
    world: Rc<World<'d>>,
    side: usize,
}

/// The runtime of the world, whose clock is moved by hand.
#[derive(Debug)]
pub(crate) enum Manual {}

impl<'d> Io<Memory<'d>> for Manual {
    type Sleep = Sleep;

    fn sleep(duration: Duration) -> io::Result<Sleep> {
        Ok(Sleep::new(duration))
    }

    fn now() -> Instant {
        CLOCK.with_borrow(|clock| clock.origin + clock.now)
    }

    fn poll_read(
        stream: &mut Memory<'d>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        stream.poll_read(cx, buffer)
    }

    fn poll_write(
        stream: &mut Memory<'d>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        stream.poll_write(cx, &bytes)
    }

    fn poll_flush(stream: &mut Memory<'d>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_flush(cx)
    }

    fn poll_shutdown(stream: &mut Memory<'d>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_shutdown(cx)
    }
}

impl Memory<'_> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let from = 1 - self.side;
        assert!(!buffer.is_empty(), "there is room to read into");
        if self.world.delays(from, Slot::Reader, cx) {
            return Poll::Pending;
        }
        let mut pipe = self.world.pipes[from].borrow_mut();
        if pipe.bytes.is_empty() && !pipe.is_ended {
            pipe.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        pipe.reader = None;
        let count = self.world.some(buffer.len().min(pipe.bytes.len()));
        for (to, byte) in buffer.iter_mut().zip(pipe.bytes.drain(..count)) {
            *to = byte;
        }
        pipe.wake(Slot::Writer);
        self.world.count();
        Poll::Ready(Ok(count))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!bytes.is_empty(), "there is something to write");
        if self.world.delays(self.side, Slot::Writer, cx) {
            return Poll::Pending;
        }
        let mut pipe = self.world.pipes[self.side].borrow_mut();
        if pipe.strength == 0 {
            pipe.is_ended = true;
            pipe.spill();
        }
        if pipe.is_ended {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if pipe.bytes.len() + pipe.held.len() >= pipe.capacity {
            pipe.spill();
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        pipe.writer = None;
        let room = pipe.capacity - pipe.bytes.len() - pipe.held.len();
        let count = self.world.some(bytes.len().min(room).min(pipe.strength));
        pipe.strength -= count;
        pipe.held.extend_from_slice(&bytes[..count]);
        self.world.count();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.world.delays(self.side, Slot::Writer, cx) {
            return Poll::Pending;
        }
        let mut pipe = self.world.pipes[self.side].borrow_mut();
        pipe.writer = None;
        pipe.spill();
        self.world.count();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.world.delays(self.side, Slot::Writer, cx) {
            return Poll::Pending;
        }
        let mut pipe = self.world.pipes[self.side].borrow_mut();
        pipe.writer = None;
        pipe.is_ended = true;
        pipe.spill();
        Poll::Ready(Ok(()))
    }
}

/// An end that is dropped neither writes nor reads.
impl Drop for Memory<'_> {
    fn drop(&mut self) {
        for pipe in &self.world.pipes {
            let mut pipe = pipe.borrow_mut();
            pipe.is_ended = true;
            pipe.spill();
            pipe.wake(Slot::Writer);
        }
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("side", &self.side).finish_non_exhaustive()
    }
}

/// Whether time may pass when nobody has anything to do. Where it may not, no wake-up that was lost is
/// made up for by a deadline.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    May,
    MayNot,
}

/// A clock that is moved by hand.
struct Timers {
    origin: Instant,
    now: Duration,
    next: usize,
    sleeps: Vec<(usize, Duration, Option<Waker>)>,
}

impl Default for Timers {
    fn default() -> Self {
        Self { origin: Instant::now(), now: Duration::ZERO, next: 0, sleeps: Vec::new() }
    }
}

std::thread_local! {
    static CLOCK: RefCell<Timers> = RefCell::default();
}

/// Lets time pass until the next who sleeps is woken, if anyone is, and if it is no more than `most`.
fn pass(most: Duration) -> bool {
    CLOCK.with_borrow_mut(|clock| {
        let waiting = clock.sleeps.iter_mut().filter(|(_, _, waker)| waker.is_some());
        let Some((_, due, waker)) = waiting.min_by_key(|(_, due, _)| *due) else { return false };
        if due.saturating_sub(clock.now) > most {
            return false;
        }
        clock.now = clock.now.max(*due);
        if let Some(waker) = waker.take() {
            waker.wake();
        }
        true
    })
}

/// Waits until time has passed.
#[derive(Debug)]
pub(crate) struct Sleep {
    number: usize,
}

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        CLOCK.with_borrow_mut(|clock| {
            clock.next += 1;
            clock.sleeps.push((clock.next, clock.now.saturating_add(duration), None));
            Self { number: clock.next }
        })
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            let now = clock.now;
            let mut sleeps = clock.sleeps.iter_mut();
            match sleeps.find(|(number, ..)| *number == self.number) {
                Some((_, due, waker)) if *due > now => {
                    *waker = Some(cx.waker().clone());
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            }
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        CLOCK.with_borrow_mut(|clock| clock.sleeps.retain(|(number, ..)| *number != self.number));
    }
}

/// How long an application may be away.
pub(crate) const NAP: Duration = Duration::from_secs(5);

/// Whether a task has been woken.
struct Flag(AtomicBool);

impl Flag {
    fn woken() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn is_woken(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls a future up to `count` times, then drops it. It is polled again at once, not when it is woken.
pub(crate) async fn attempt<T>(count: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut left = count;
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}
