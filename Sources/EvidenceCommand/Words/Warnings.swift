import Evidence
import Foundation
import Models
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
    switch concern {
    case .dataTakenAsStored(let steps): takenAsStored(leavingOut: steps)
    case .storage(let note): note
    case .integersAsDensity(let divisor): integersAsDensity(divisor: divisor)
    case .untrainedModel: untrained
    case .logitsOfActivation(let activation): logitsOfActivation(activation.words)
    case .worseThanConstant(let mean, let constant): belowConstantModel(mean, constant)
    case .crossEntropy: crossEntropy
    case .nonFiniteExamples(let examples, let count, let which):
      nonFinite(examples, of: count, which: which, output: output)
    case .nonFiniteWeights(let draws): nonFiniteWeights(draws)
    case .zeroWeights(let draws): zeroWeights(draws)
    case .unsure(let estimates): unsure(estimates, samples: samples)
    case .undefinedShape: noShape(samples: samples)
    case .fewEffectiveChains(let examples, let count): fewEffectiveChains(examples, of: count)
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

  static func fewEffectiveChains(_ examples: Int, of count: Int) -> String {
    let share = Text.plain(100 * DiagnosticThresholds.effectiveChainShareLow)
    return
      "\(examples) of \(count) annealed examples have fewer than \(share) % of their chains in effect: the estimate is "
      + "too low on average; try more --temperatures"
  }

  static func takenAsStored(leavingOut steps: Preprocessing) -> String {
    let left = steps.binarize == .none ? "dividing by" : "binarizing, after dividing by"
    return "the data are stored as 0 and 1, so they are taken as they are; the model file asks for \(left) "
      + "\(Text.plain(steps.divideBy)) (say --divide-by and --binarize to decide)"
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

  static let untrained = """
    every bias of the model is zero: it looks untrained, or its weights were saved before training
    """

  static func logitsOfActivation(_ name: String) -> String {
    "/decoder/1: the logits end in a \(name), so they look like probabilities: store them as `probabilities` "
      + "(at import: --likelihood bernoulli), or leave the \(name) out"
  }

  static func belowConstantModel(_ mean: Double, _ constant: ConstantModel) -> String {
    let figure = "(\(Text.fixed(mean, 1)) nats)"
    let other = Text.fixed(constant.meanLogLikelihood, 1)
    if constant.densityElements != nil {
      return "the model is far worse \(figure) than constant normals of the data's own means and variances (\(other)): "
        + "the data may be scaled, shifted or ordered otherwise than in training, or the likelihood's scale was never "
        + "fitted; try --divide-by or --axes, or another scale at import"
    }
    return
      "the model is far worse \(figure) than a constant one that gives every example the mean of these (\(other)): "
      + "the data may be inverted, or scaled or ordered otherwise than in training; "
      + "try --divide-by or --axes here, or --invert at import"
  }

  static func integersAsDensity(divisor: Double) -> String {
    "whole numbers are taken as values of a density: the figures depend on the unit (divided by \(Text.plain(divisor))), and "
      + "are no bits of the data; if they are levels of something continuous, as pixels are, say --dequantize"
  }

  static let crossEntropy = """
    the data are grey and the likelihood is Bernoulli: the figures are a cross-entropy, not a log-likelihood, and \
    can't be compared with those of binary data; to binarize: --binarize threshold or --binarize bernoulli
    """

  static func nonFinite(_ examples: Int, of count: Int, which: [Int], output: String?) -> String {
    let list = which.map(String.init).joined(separator: ", ") + (examples > which.count ? ", …" : "")
    let help = output == nil ? "; --output RESULTS.h5 keeps what every example yields" : ""
    let first = which.first.map { "; --examples \($0)..\($0 + 1) evaluates it alone and says more" } ?? ""
    return "\(examples) of \(count) examples have an estimate that is not finite (example \(list)), "
      + "and so is not the mean; none was dropped\(first)\(help)"
  }

  static func nonFiniteWeights(_ draws: Int) -> String {
    "\(Text.counted(draws, "draw")) had an infinite or undefined weight: look for scales near 0 in the model"
  }

  static func zeroWeights(_ draws: Int) -> String {
    "\(Text.counted(draws, "draw")) had weight zero: p(x, z) underflowed there, or excludes x; they count as zero"
  }

  static func unsure(_ unsure: UnsureEstimates, samples: Int) -> String {
    let count = unsure.count
    var parts: [String] = []
    if unsure.unreliable > 0 {
      parts.append("\(have(unsure.unreliable, of: count)) k̂ > \(Text.fixed(unsure.threshold, 2))")
    }
    if unsure.lowSampleSize > 0 {
      let limit = Text.plain(DiagnosticThresholds.effectiveSampleSizeLow)
      parts.append("\(have(unsure.lowSampleSize, of: count)) an effective sample size below \(limit)")
    }
    if unsure.saturated > 0 {
      let verb = unsure.saturated == 1 ? "needs" : "need"
      parts.append("\(unsure.saturated) of \(count) \(verb) more draws, as far as these can tell (KL(p‖q) near log K)")
    }
    var text = parts.joined(separator: ", ")
    text += ": such estimates are too low on average, and may be off by more than their errors; "
    text += "try --samples \(more(than: samples))"
    if unsure.unreliable > 0, let largest = unsure.largestShape, largest >= DiagnosticThresholds.paretoShapeVeryBad {
      text += " (at k̂ ≥ 1, and the largest is \(Text.fixed(largest, 2)), more draws help slowly if at all)"
    }
    return text
  }

  private static func have(_ examples: Int, of count: Int) -> String {
    "\(examples) of \(count) examples \(examples == 1 ? "has" : "have")"
  }

  static func noShape(samples: Int) -> String {
    "k̂ is not defined for \(Text.counted(samples, "draw")), so nothing says whether the errors can be trusted; "
      + "take --samples 100 or more"
  }

  /// Ten times as many, without overflow.
  private static func more(than samples: Int) -> Int {
    let (product, overflow) = samples.multipliedReportingOverflow(by: 10)
    return overflow ? samples : product
  }
}
