import Evidence
import Foundation
import Synchronization

/// Threads that do the items of a task between them, and wait for the next: a training step is two tasks of a millisecond.
///
/// The caller is one of the threads.
final class WorkerPool: Sendable {
  /// Threads, the caller's included.
  let count: Int
  private let shared: Shared

  /// - Throws: `EvidenceError` where the system refuses the threads.
  init(threads: Int) throws {
    count = max(1, threads)
    shared = Shared()
    for worker in 1..<max(2, count) where worker < count {
      do {
        try WorkerThread.start { [shared] in shared.work(worker) }
      } catch {
        shared.stop()
        throw EvidenceError(.noResources, "the system refuses \(count) threads: \(error)")
      }
    }
  }

  deinit { shared.stop() }

  /// Does every item, on whichever thread is free, and returns when all are done.
  func run(_ items: Int, _ body: @escaping @Sendable (_ item: Int, _ worker: Int) -> Void) {
    if count == 1 {
      for item in 0..<items { body(item, 0) }
      return
    }
    shared.run(items, body)
  }

  private final class Shared: @unchecked Sendable {
    /// What is left of a task, in one word: its number, how many items it has, and the next of them.
    private struct Ticket {
      static let bits: UInt64 = 20
      static let mask: UInt64 = 1 << bits - 1
      var word: UInt64
      var round: UInt64 { word >> (2 * Self.bits) }
      var items: UInt64 { word >> Self.bits & Self.mask }
      var next: UInt64 { word & Self.mask }
    }

    // Written by the caller when no item is left, and read only by who holds an item: a thread that wakes late holds none.
    private var body: @Sendable (Int, Int) -> Void = { _, _ in }
    private let ticket = Atomic<UInt64>(0)
    private let done = Atomic(0)
    private let condition = NSCondition()
    private let isStopped = Atomic(false)

    /// Times that a thread looks for a new task before it sleeps: some tens of microseconds.
    private static let patience = 4000

    func run(_ items: Int, _ body: @escaping @Sendable (Int, Int) -> Void) {
      precondition(items <= Int(Ticket.mask))
      self.body = body
      done.store(0, ordering: .relaxed)
      let round = Ticket(word: ticket.load(ordering: .relaxed)).round + 1
      condition.lock()
      ticket.store(round << (2 * Ticket.bits) | UInt64(items) << Ticket.bits, ordering: .releasing)
      condition.broadcast()
      condition.unlock()
      takeItems(0)
      // Items are waited for, and not threads: one that the system does not let run holds none, and keeps nobody.
      var looks = 0
      while done.load(ordering: .acquiring) < items {
        looks += 1
        if looks > Self.patience { sched_yield() }
      }
    }

    func work(_ worker: Int) {
      var seen: UInt64 = 0
      func round() -> UInt64 { Ticket(word: ticket.load(ordering: .acquiring)).round }
      while true {
        var looks = 0
        while round() == seen, looks < Self.patience { looks += 1 }
        condition.lock()
        while round() == seen, !isStopped.load(ordering: .relaxed) { condition.wait() }
        condition.unlock()
        if isStopped.load(ordering: .relaxed) { return }
        seen = round()
        takeItems(worker)
      }
    }

    private func takeItems(_ worker: Int) {
      while true {
        let current = ticket.load(ordering: .acquiring)
        let left = Ticket(word: current)
        if left.next >= left.items { return }
        let taking = ticket.compareExchange(expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
        guard taking.exchanged else { continue }
        body(Int(left.next), worker)
        done.wrappingAdd(1, ordering: .releasing)
      }
    }

    func stop() {
      condition.lock()
      isStopped.store(true, ordering: .relaxed)
      condition.broadcast()
      condition.unlock()
    }
  }
}
