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
      if five.count == 5 { carry() }
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

  /// Empties the curve, to be used again.
  public mutating func removeAll() {
    (singles, wholes) = (RunningMoments(), RunningMoments())
    (five, whole) = (LogSumExp(), LogSumExp())
    for index in levels.indices { levels[index] = Level(samples: levels[index].samples) }
  }

  private var points: [(samples: Int, means: RunningMoments)] {
    let all = [(1, singles)] + levels.map { ($0.samples, $0.means) } + (samples > 1 ? [(samples, wholes)] : [])
    return all.filter { $0.1.count > 0 }
  }

  /// Hands a full block of five up the levels, as far as it completes their blocks.
  private mutating func carry() {
    var block = five
    five = LogSumExp()
    for index in levels.indices {
      levels[index].block.merge(block)
      guard levels[index].block.count == levels[index].samples else { return }
      block = levels[index].block
      levels[index].means.add(block.logMean)
      levels[index].block = LogSumExp()
    }
  }
}
