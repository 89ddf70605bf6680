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

  private let range: Range<Int>
  private let blockSize: Int
  private let workers: Int
  private let window: Int

  /// Starts the workers. `makeWorker` is called once on each thread, with the largest block's size.
  init(
    range: Range<Int>, blockSize: Int, workers: Int, makeWorker: @escaping @Sendable (_ blockCapacity: Int) -> Measure
  ) {
    self.range = range
    self.blockSize = max(1, blockSize)
    self.workers = min(workers, range.count)
    window = 4 * workers
    nextRow = range.lowerBound
    runningWorkers = self.workers
    let capacity = min(self.blockSize, range.count)
    for _ in 0..<self.workers {
      let thread = Thread { [self] in
        let measure = makeWorker(capacity)
        while let (number, rows) = takeBlock() { work(on: number, rows, measure) }
        condition.withLock {
          runningWorkers -= 1
          condition.broadcast()
        }
      }
      thread.stackSize = 8 << 20
      thread.start()
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
