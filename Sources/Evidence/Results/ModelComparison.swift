import Foundation
import Statistics

/// Several results on the same data, over the examples that all of them hold: the best first, each with its paired difference
/// to the best. In nats.
public struct ModelComparison: Sendable {
  /// One of the results.
  public struct Candidate: Sendable {
    /// Its place among those that were given, from 0.
    public let position: Int
    /// Mean of the estimates over the common examples.
    public let mean: Double
    /// sd / √N: how much another test set would change the mean.
    public let dataStandardError: Double
    /// √Σ se² / N: how much other draws would change it.
    public let monteCarloStandardError: Double
    /// Examples whose k̂ is past its threshold.
    public let unreliable: Int
    /// This minus the best, example by example; nil for the best.
    public let difference: PairedDifference?
    /// Whether k̂ is past its threshold on an example of this or of the best, so that the draws' error of the difference can't be
    /// trusted.
    public let isDoubtful: Bool
    /// How the difference stands to its errors.
    public let standing: Standing
  }

  /// How a difference stands to its two errors.
  public enum Standing: String, Sendable {
    /// There is none to look at.
    case best
    /// More than 1.96 of both errors.
    case clear
    /// Within 1.96 of one of them.
    case within
    /// More than 1.96 of the data's error; that of the draws can't be trusted, as k̂ says.
    case unsure
  }

  /// The best first; what is no number last.
  public let ranking: [Candidate]
  /// Examples in all results.
  public let examples: Int

  /// Compares two results or more.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where no example is in all of them.
  public init(_ scores: [ExampleScores]) throws {
    let positions = Self.common(scores)
    guard let first = positions.first, !first.isEmpty else {
      throw EvidenceError(
        .invalidResults, "no example is in all of the \(scores.count) results: a difference would mean nothing")
    }
    examples = first.count
    let means = zip(scores, positions).map { scores, rows in
      rows.reduce(into: RunningMoments()) { $0.add(scores.values[$1]) }
    }
    func rank(_ position: Int) -> Double { means[position].mean.isNaN ? -.infinity : means[position].mean }
    let order = scores.indices.sorted { (rank($0), -$0) > (rank($1), -$1) }
    let best = order[0]
    ranking = order.map { position in
      let (own, rows) = (scores[position], positions[position])
      let unreliable = rows.count { own.isUnreliable[$0] }
      let variance = rows.reduce(0) { $0 + own.errors[$1] * own.errors[$1] }
      var difference: PairedDifference?
      var doubtful = false
      if position != best {
        var paired = PairedDifference(largest: 0)
        for (row, other) in zip(rows, positions[best]) {
          paired.add(scores[best].row(other), own.row(row))
          if own.isUnreliable[row] || scores[best].isUnreliable[other] { doubtful = true }
        }
        difference = paired
      }
      return Candidate(
        position: position, mean: means[position].mean, dataStandardError: means[position].standardError,
        monteCarloStandardError: variance.squareRoot() / Double(rows.count), unreliable: unreliable,
        difference: difference, isDoubtful: doubtful, standing: Self.standing(difference, isDoubtful: doubtful))
    }
  }

  private static func standing(_ difference: PairedDifference?, isDoubtful: Bool) -> Standing {
    guard let difference else { return .best }
    let size = abs(difference.mean)
    // Written so that what is no number is within its errors.
    guard size > 1.96 * difference.standardError else { return .within }
    if isDoubtful || !difference.monteCarloStandardError.isFinite { return .unsure }
    return size > 1.96 * difference.monteCarloStandardError ? .clear : .within
  }

  /// Of each result, the positions of the examples that all hold.
  private static func common(_ scores: [ExampleScores]) -> [[Int]] {
    guard let first = scores.first else { return [] }
    if scores.allSatisfy({ $0.indices == first.indices }) { return scores.map { Array($0.indices.indices) } }
    var shared = Set(first.indices)
    for other in scores.dropFirst() { shared.formIntersection(other.indices) }
    return scores.map { own in own.indices.indices.filter { shared.contains(own.indices[$0]) } }
  }
}
