import Evidence
import Runs
import Statistics
import Wording

/// The wording of every warning, in plain words and with what to do.
enum Warnings {
  /// A concern in plain words and with what to do.
  ///
  /// - Parameters:
  ///   - samples: How many draws were taken.
  ///   - output: The results file.
  static func words(_ concern: Concern, samples: Int, output: String?) -> String {
    let problem = concern.words(samples: samples)
    let remedies = concern.remedies(samples: samples).filter { $0 != .keepEstimates || output == nil }
      .map(\.commandWords).joined(separator: "; ")
    guard !remedies.isEmpty else { return problem }
    switch concern {
    case .dataTakenAsStored: return "\(problem) (\(remedies))"
    case .logitsOfActivation: return "\(problem): \(remedies)"
    case .integersAsDensity:
      return "\(problem); if they are levels of something continuous, as pixels are, \(remedies)"
    case .unsure(let estimates):
      guard estimates.unreliable > 0, let largest = estimates.largestShape,
        largest >= DiagnosticThresholds.paretoShapeVeryBad
      else { return "\(problem); \(remedies)" }
      return "\(problem); \(remedies) (at k̂ ≥ 1, and the largest is \(Text.fixed(largest, 2)), more draws help slowly "
        + "if at all)"
    default: return "\(problem); \(remedies)"
    }
  }

  static func gapAboveTarget(_ estimator: String, _ wide: [Int], of count: Int) -> String {
    let words =
      "the gap is above \(Text.plain(TunedAnnealing.gapTarget)) nat: \(estimator) is that far from the truth at most"
    guard !wide.isEmpty else { return words + ", and may be; try --estimator annealed with more --temperatures" }
    let which = wide.prefix(10).map(String.init).joined(separator: ", ") + (wide.count > 10 ? ", …" : "")
    return words + ", above all on \(wide.count) of \(count) simulated examples (\(which)) whose gap is more than "
      + "\(Text.plain(BracketSummary.wideGap)) nat: there a mode is missed, or the upper end is far too high; "
      + "more --temperatures help little"
  }

  static func unlocked(_ path: String) -> String {
    "\(path): its file system has no locks, so nothing keeps another run from writing to it: see to it that none does"
  }

  static func fewerThreads(_ count: Int, reason: String) -> String {
    "the system refuses more than \(Text.counted(count, "thread")) (\(reason)), so fewer evaluated than were asked for; "
      + "the numbers are the same"
  }

  static func roundedCounts(first example: Int, _ value: RoundedValue) -> String {
    "the data hold counts past 2^24, which the model sees as the nearest float32: example \(example), the first, has "
      + "\(Text.plain(value.stored)), taken as \(Text.plain(value.rounded))"
  }
}
