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
  private struct Level {
    let samples: Int
    var block = LogSumExp()
    var means = RunningMoments()
  }

  /// The number of draws that the curve ends at, K.
  public let samples: Int
  /// The levels below K, and K itself as the last.
  private var levels: [Level]

  /// An empty curve that will end at `samples` draws, at least one.
  public init(samples: Int) {
    precondition(samples > 0, "a curve ends at one draw or more")
    self.samples = samples
    levels = BlockCurve.points(upTo: samples).map { Level(samples: $0) }
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
    levels.filter { $0.means.count > 0 }.map { ($0.samples, $0.means.mean) }
  }

  /// The number of complete blocks behind each point of ``curve``.
  public var blockCounts: [Int] {
    levels.map(\.means.count).filter { $0 > 0 }
  }

  /// Adds the log-weight of one draw, in nats.
  public mutating func add(_ logWeight: Double) {
    let last = levels.count - 1
    if levels[last].samples == 1 {
      levels[last].means.add(logWeight)
      return
    }
    levels[0].means.add(logWeight)
    if last > 1 { addToLevels(below: last, logWeight) }
    levels[last].block.add(logWeight)
    if levels[last].block.count == samples { complete(last) }
  }

  /// Adds the log-weights of successive draws, in nats.
  public mutating func add(_ logWeights: Span<Double>) {
    for index in logWeights.indices { add(logWeights[index]) }
  }

  /// Empties the curve, to be used again.
  public mutating func removeAll() {
    for index in levels.indices { levels[index] = Level(samples: levels[index].samples) }
  }

  private mutating func addToLevels(below last: Int, _ logWeight: Double) {
    levels[1].block.add(logWeight)
    var index = 1
    while index < last, levels[index].block.count == levels[index].samples {
      if index + 1 < last { levels[index + 1].block.merge(levels[index].block) }
      complete(index)
      index += 1
    }
  }

  private mutating func complete(_ index: Int) {
    levels[index].means.add(levels[index].block.logMean)
    levels[index].block = LogSumExp()
  }
}
