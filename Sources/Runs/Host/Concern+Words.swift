package import Evidence
import Models
import Statistics
import Wording

extension Concern {
  /// What is the matter, in plain words. What to do about it, `remedies(samples:)` says.
  package func words(samples: Int) -> String {
    switch self {
    case .dataTakenAsStored(let steps): Self.takenAsStored(leavingOut: steps)
    case .storage(let note): note
    case .integersAsDensity(let divisor):
      "whole numbers are taken as values of a density: the figures depend on the unit (divided by \(Text.plain(divisor))), "
        + "and are no bits of the data"
    case .untrainedModel:
      "every bias of the model is zero: it looks untrained, or its weights were saved before training"
    case .logitsOfActivation(let activation):
      "/decoder/1: the logits end in a \(activation.words), so they look like probabilities"
    case .worseThanConstant(let mean, let constant): Self.belowConstantModel(mean, constant)
    case .crossEntropy:
      "the data are grey and the likelihood is Bernoulli: the figures are a cross-entropy, not a log-likelihood, and "
        + "can't be compared with those of binary data"
    case .nonFiniteExamples(let examples, let count, let which):
      "\(examples) of \(count) examples have an estimate that is not finite (example "
        + which.map(String.init).joined(separator: ", ") + (examples > which.count ? ", …" : "")
        + "), and so is not the mean; none was dropped"
    case .nonFiniteWeights(let draws):
      "\(Text.counted(draws, "draw")) had an infinite or undefined weight: look for scales near 0 in the model"
    case .zeroWeights(let draws):
      "\(Text.counted(draws, "draw")) had weight zero: p(x, z) underflowed there, or excludes x; they count as zero"
    case .unsure(let estimates): Self.unsure(estimates)
    case .undefinedShape:
      "k̂ is not defined for \(Text.counted(samples, "draw")), so nothing says whether the errors can be trusted"
    case .fewEffectiveChains(let examples, let count):
      "\(examples) of \(count) annealed examples have fewer than "
        + "\(Text.plain(100 * DiagnosticThresholds.effectiveChainShareLow)) % of their chains in effect: the estimate is "
        + "too low on average"
    }
  }

  private static func unsure(_ unsure: UnsureEstimates) -> String {
    let count = unsure.count
    func have(_ examples: Int) -> String { "\(examples) of \(count) examples \(examples == 1 ? "has" : "have")" }
    var parts: [String] = []
    if unsure.unreliable > 0 { parts.append("\(have(unsure.unreliable)) k̂ > \(Text.fixed(unsure.threshold, 2))") }
    if unsure.lowSampleSize > 0 {
      let limit = Text.plain(DiagnosticThresholds.effectiveSampleSizeLow)
      parts.append("\(have(unsure.lowSampleSize)) an effective sample size below \(limit)")
    }
    if unsure.saturated > 0 {
      let verb = unsure.saturated == 1 ? "needs" : "need"
      parts.append("\(unsure.saturated) of \(count) \(verb) more draws, as far as these can tell (KL(p‖q) near log K)")
    }
    return parts.joined(separator: ", ")
      + ": such estimates are too low on average, and may be off by more than their errors"
  }

  private static func takenAsStored(leavingOut steps: Preprocessing) -> String {
    let left = steps.binarize == .none ? "dividing by" : "binarizing, after dividing by"
    return "the data are stored as 0 and 1, so they are taken as they are; the model file asks for \(left) "
      + Text.plain(steps.divideBy)
  }

  private static func belowConstantModel(_ mean: Double, _ constant: ConstantModel) -> String {
    let figure = "(\(Text.fixed(mean, 1)) nats)"
    let other = Text.fixed(constant.meanLogLikelihood, 1)
    guard constant.densityElements == nil else {
      return "the model is far worse \(figure) than constant normals of the data's own means and variances "
        + "(\(other)): the data may be scaled, shifted or ordered otherwise than in training, or the likelihood's scale "
        + "was never fitted"
    }
    return "the model is far worse \(figure) than a constant one that gives every example the mean of these "
      + "(\(other)): the data may be inverted, or scaled or ordered otherwise than in training"
  }
}
