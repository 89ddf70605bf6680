/// The curve L₁, L₅, L₅₀, L₅₀₀, … L_K out of the same K draws.
///
/// Each point is the mean of log mean weights over disjoint blocks of that many consecutive draws, so it is an unbiased
/// estimate of its L_k's expectation; L₁ is the evidence lower bound. Only complete blocks count: a remainder of
/// draws at the end serves the points whose blocks it completes and no other.
///
/// A block of 50 is ten blocks of 5, so each level only merges what the level below completed, and memory is one small
/// accumulator a level. The last point adds its draws one by one, as ``LogWeightMoments`` does, and so equals the
/// log mean weight to the last bit.
///
/// Infinities and NaN: a block is what ``LogSumExp`` makes of it, and a point what ``RunningMoments`` makes of its blocks;
/// a NaN draw makes every point NaN whose complete blocks hold it.
public struct BlockCurve: Sendable {
  /// A point between 1 and K: the block that is filling, and the mean over the complete ones.
  private struct Level {
    let samples: Int
    var block = LogSumExp()
    var means = RunningMoments()
  }

  /// The number of draws that the curve ends at, K.
  public let samples: Int
  private var singles = RunningMoments()
  /// The block of five draws that is filling: in effect the block of the first level.
  private var five = LogSumExp()
  private var levels: [Level]
  private var whole = LogSumExp()
  private var wholes = RunningMoments()

  /// An empty curve that will end at `samples` draws, at least one.
  public init(samples: Int) {
    precondition(samples > 0, "a curve ends at one draw or more")
    self.samples = samples
    levels = BlockCurve.points(upTo: samples).filter { $0 > 1 && $0 < samples }.map { Level(samples: $0) }
  }

  /// The numbers of draws at which a curve of `samples` draws has a point: 1, 5, 50, 500, … below `samples`, then
  /// `samples` itself.
  public static func points(upTo samples: Int) -> [Int] {
    var points: [Int] = []
    var point = 1
    while point < samples {
      points.append(point)
      let (next, overflow) = point.multipliedReportingOverflow(by: point == 1 ? 5 : 10)
      if overflow { break }
      point = next
    }
    return points + [samples]
  }

  /// The points of the curve: a number of draws, and the mean of L over blocks of that many, in nats.
  ///
  /// Points of which no block is complete are left out.
  public var curve: [(samples: Int, value: Double)] {
    points.map { ($0.samples, $0.means.mean) }
  }

  /// The number of complete blocks behind each point of ``curve``.
  public var blockCounts: [Int] { points.map(\.means.count) }

  /// Adds the log-weight of one draw, in nats.
  public mutating func add(_ logWeight: Double) {
    singles.add(logWeight)
    guard samples > 1 else { return }
    if !levels.isEmpty {
      five.add(logWeight)
      if five.count == 5 {
        carry(five, from: 0)
        five = LogSumExp()
      }
    }
    whole.add(logWeight)
    if whole.count == samples {
      wholes.add(whole.logMean)
      whole = LogSumExp()
    }
  }

  /// Adds the log-weights of successive draws, in nats.
  public mutating func add(_ logWeights: Span<Double>) {
    for index in logWeights.indices { add(logWeights[index]) }
  }

  /// Adds the draws that follow, out of another curve that ends at as many.
  ///
  /// Blocks begin anew with the other's draws. The blocks that both leave open are joined where they fit into one block;
  /// otherwise the longer stays open and the shorter counts for nothing. Which draws that leaves out depends on how many
  /// there are alone, so every point stays unbiased. Where this curve's draws end with a block of every size, the result
  /// is that of adding the draws one by one, but for rounding.
  public mutating func merge(_ other: BlockCurve) {
    precondition(samples == other.samples, "curves that end at different numbers of draws do not merge")
    singles.merge(other.singles)
    wholes.merge(other.wholes)
    if let full = whole.join(other.whole, length: samples) { wholes.add(full.logMean) }
    for index in levels.indices { levels[index].means.merge(other.levels[index].means) }
    if let full = five.join(other.five, length: 5) { carry(full, from: 0) }
    for index in levels.indices.dropFirst() {
      guard let full = levels[index].block.join(other.levels[index].block, length: levels[index].samples) else {
        continue
      }
      levels[index].means.add(full.logMean)
      carry(full, from: index + 1)
    }
  }

  private var points: [(samples: Int, means: RunningMoments)] {
    let all = [(1, singles)] + levels.map { ($0.samples, $0.means) } + (samples > 1 ? [(samples, wholes)] : [])
    return all.filter { $0.1.count > 0 }
  }

  /// Hands a full block up the levels from one on, as far as it completes their blocks.
  private mutating func carry(_ full: LogSumExp, from first: Int) {
    var block = full
    for index in levels.indices.dropFirst(first) {
      levels[index].block.merge(block)
      guard levels[index].block.count == levels[index].samples else { return }
      block = levels[index].block
      levels[index].means.add(block.logMean)
      levels[index].block = LogSumExp()
    }
  }
}

extension LogSumExp {
  /// Joins another open block where both fit into one of `length` draws, and keeps the longer otherwise; returns a block
  /// that is full, and is then empty.
  fileprivate mutating func join(_ other: LogSumExp, length: Int) -> LogSumExp? {
    if count + other.count > length {
      if other.count > count { self = other }
      return nil
    }
    merge(other)
    guard count == length else { return nil }
    defer { self = LogSumExp() }
    return self
  }
}
