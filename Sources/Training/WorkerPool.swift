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
    shared.run(items, others: count - 1, body)
  }

  private final class Shared: @unchecked Sendable {
    // Written by the caller between tasks; `round` publishes them.
    private var body: @Sendable (Int, Int) -> Void = { _, _ in }
    private var items = 0
    private let next = Atomic(0)
    private let busy = Atomic(0)
    private let round = Atomic(0)
    private let condition = NSCondition()
    private let isStopped = Atomic(false)

    /// Times that a thread looks for a new task before it sleeps: some tens of microseconds.
    private static let patience = 4000

    func run(_ items: Int, others: Int, _ body: @escaping @Sendable (Int, Int) -> Void) {
      self.body = body
      self.items = items
      next.store(0, ordering: .relaxed)
      busy.store(others, ordering: .relaxed)
      condition.lock()
      round.wrappingAdd(1, ordering: .releasing)
      condition.broadcast()
      condition.unlock()
      takeItems(0)
      var looks = 0
      while busy.load(ordering: .acquiring) > 0 {
        looks += 1
        if looks > Self.patience { sched_yield() }
      }
    }

    func work(_ worker: Int) {
      var seen = 0
      while true {
        var looks = 0
        while round.load(ordering: .acquiring) == seen, looks < Self.patience { looks += 1 }
        condition.lock()
        while round.load(ordering: .acquiring) == seen, !isStopped.load(ordering: .relaxed) { condition.wait() }
        condition.unlock()
        if isStopped.load(ordering: .relaxed) { return }
        seen = round.load(ordering: .acquiring)
        takeItems(worker)
        busy.wrappingSubtract(1, ordering: .releasing)
      }
    }

    private func takeItems(_ worker: Int) {
      while true {
        let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if item >= items { return }
        body(item, worker)
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
