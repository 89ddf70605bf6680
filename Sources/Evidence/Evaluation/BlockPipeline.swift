import Foundation

/// Threads that measure blocks of examples, and the one place where their results come back in order.
///
/// Workers take the next block whenever they are free and stay within a window of the block being consumed, so memory does
/// not grow with the dataset. A block's results can be consumed while it is still being measured.
final class BlockPipeline<Measurement: Sendable>: @unchecked Sendable {
  /// Measures the examples of a block in order; returns the error that ended it early.
  typealias Measure = (_ rows: Range<Int>, _ deliver: (Measurement) -> Void) -> (any Error)?

  private struct Block {
    var rows: Range<Int>
    var measurements: [Measurement] = []
    var isFinished = false
    var failure: (any Error)?
  }

  // Everything below is guarded by the condition.
  private let condition = NSCondition()
  private var blocks: [Int: Block] = [:]
  private var nextBlock = 0
  private var nextRow: Int
  private var consumedBlock = 0
  private var consumedInBlock = 0
  private var isStopped = false
  private var runningWorkers = 0
  private var readyWorkers = 0

  private let range: Range<Int>
  private let blockSize: Int
  private let workers: Int
  private let window: Int

  /// Fewer workers than asked for: how many there are, and why.
  struct Shortage {
    var started: Int
    var reason: any Error
  }

  /// What the system refused, if anything.
  private(set) var shortage: Shortage?

  /// Starts the workers. `makeWorker` is called once on each thread, with the largest block's size.
  ///
  /// - Throws: Why the first worker can't be started. Those behind it are done without.
  init(
    range: Range<Int>, blockSize: Int, workers: Int, makeWorker: @escaping @Sendable (_ blockCapacity: Int) -> Measure
  ) throws {
    self.range = range
    self.blockSize = max(1, blockSize)
    self.workers = min(workers, range.count)
    window = 4 * workers
    nextRow = range.lowerBound
    let capacity = min(self.blockSize, range.count)
    for started in 0..<self.workers {
      do {
        if started > 0 { try WorkerThread.checkRoom() }
        try start(capacity, makeWorker)
      } catch {
        guard started > 0 else { throw error }
        shortage = Shortage(started: started, reason: error)
        return
      }
    }
  }

  /// Starts a worker and waits until it has its memory, so that the next one meets what is left.
  private func start(_ capacity: Int, _ makeWorker: @escaping @Sendable (_ blockCapacity: Int) -> Measure) throws {
    try condition.withLock {
      try WorkerThread.start { [self] in
        let measure = makeWorker(capacity)
        condition.withLock {
          readyWorkers += 1
          condition.broadcast()
        }
        while let (number, rows) = takeBlock() { work(on: number, rows, measure) }
        condition.withLock {
          runningWorkers -= 1
          condition.broadcast()
        }
      }
      runningWorkers += 1
      let expected = readyWorkers + 1
      while readyWorkers < expected { condition.wait() }
    }
  }

  /// The next measurement in the order of the dataset, with its example's number; nil after the last.
  func next() throws -> (index: Int, measurement: Measurement)? {
    try condition.withLock {
      while consumedBlock < nextBlock || nextRow < range.upperBound {
        if let block = blocks[consumedBlock] {
          if consumedInBlock < block.measurements.count {
            defer { consumedInBlock += 1 }
            return (block.rows.lowerBound + consumedInBlock, block.measurements[consumedInBlock])
          }
          if let failure = block.failure { throw failure }
          if block.isFinished {
            blocks[consumedBlock] = nil
            consumedBlock += 1
            consumedInBlock = 0
            condition.broadcast()
            continue
          }
        }
        condition.wait()
      }
      return nil
    }
  }

  /// Takes no more blocks and waits until every worker has ended.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.broadcast()
      while runningWorkers > 0 { condition.wait() }
    }
  }

  /// The next block's number and rows. Blocks get smaller towards the end, so that the workers end together.
  private func takeBlock() -> (number: Int, rows: Range<Int>)? {
    condition.withLock {
      while !isStopped && nextRow < range.upperBound && nextBlock >= consumedBlock + window { condition.wait() }
      guard !isStopped, nextRow < range.upperBound else { return nil }
      let size = max(1, min(blockSize, (range.upperBound - nextRow) / (2 * workers)))
      let rows = nextRow..<nextRow + size
      blocks[nextBlock] = Block(rows: rows)
      nextBlock += 1
      nextRow = rows.upperBound
      return (nextBlock - 1, rows)
    }
  }

  private func work(on number: Int, _ rows: Range<Int>, _ measure: Measure) {
    let failure = measure(rows) { measurement in
      condition.withLock {
        blocks[number]?.measurements.append(measurement)
        if number == consumedBlock { condition.broadcast() }
      }
    }
    condition.withLock {
      blocks[number]?.failure = failure
      blocks[number]?.isFinished = true
      // After a failure the blocks behind it are of no use.
      if failure != nil { nextRow = range.upperBound }
      condition.broadcast()
    }
  }
}
