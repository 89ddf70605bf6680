import Evidence
import LinearAlgebra
import Statistics
import Wording

extension RunWarning {
  /// What is the matter, in plain words, without what to do about it.
  package var problem: String {
    switch self {
    case .concern(let concern, let samples, _): concern.words(samples: samples)
    case .roundedCounts(let example, let value):
      "the data hold counts past 2^24, which the model sees as the nearest float32: example \(example), the first, has "
        + "\(Text.plain(value.stored)), taken as \(Text.plain(value.rounded))"
    case .unlocked(let path):
      "\(path): its file system has no locks, so nothing keeps another run from writing to it: see to it that none does"
    case .fewerThreads(let count, let reason):
      "the system refuses more than \(Text.counted(count, "thread")) (\(reason)), so fewer evaluated than were asked for; "
        + "the numbers are the same"
    case .noImages(let data): "\(data): an example is no image: examples are listed without"
    case .nonFiniteMeans(let layer, let count): Self.nonFiniteMeans(layer, of: count)
    case .fewerExamplesThanUnits(let layer):
      "z\(layer.layer): \(layer.examples) examples vary along \(layer.examples - 1) directions at most, and there are "
        + "\(layer.units) units: the remaining eigenvalues are 0 for lack of examples; take more"
    case .noisyDirections(let layer):
      "z\(layer.layer): the draws leave noise of about \(Text.significant(layer.directions.floor, 2)) in the eigenvalues, "
        + "more than the threshold: the count of directions is rough"
    case .nonFiniteEstimates(let estimates, let count): "\(estimates) of \(count) estimates are not finite"
    case .gapAboveTarget(let estimator, let wide, let count): Self.gapAboveTarget(estimator, wide, of: count)
    case .realDataHarder:
      "real data are harder for the encoder than simulated ones: the gap on simulated data says little about them"
    case .nonFiniteDifferences(let differences, let count):
      "\(differences) of \(count) examples have a difference that is not finite, and so is not the mean; none was dropped"
    case .unreliableDifferences(let examples, let count):
      "\(examples) of \(count) examples have too large a k̂ in one file or both: their estimates may be off by more than "
        + "their error"
    case .estimatorsDiffer:
      "the estimators differ: the difference is that of the estimators too, not of the models alone"
    case .samplesDiffer(let first, let second):
      "\(first) and \(second) draws: with fewer, estimates are lower on average"
    case .likelihoodsDiffer(let likelihoods):
      "the likelihoods differ (\(likelihoods.map { $0 ?? "not known" }.joined(separator: ", "))): figures of different kinds "
        + "of data can't be compared"
    case .examplesNotInAll(let common, let most):
      "only the \(Text.counted(common, "example")) in all results are compared, of \(most) at most"
    case .ofModel(let name, let warning): "\(name): \(warning.problem)"
    case .examplesInOneFile(let common, let first, let second):
      "only the \(Text.counted(common, "example")) in both are compared: \(first.count) are only in \(first.path), "
        + "\(second.count) only in \(second.path)"
    }
  }

  private static func nonFiniteMeans(_ layer: LayerUnits, of count: Int) -> String {
    let list = layer.firstNonFiniteExamples.map(String.init).joined(separator: ", ")
    let more = layer.nonFiniteExamples > layer.firstNonFiniteExamples.count ? ", …" : ""
    let verb = layer.nonFiniteExamples == 1 ? "has" : "have"
    return
      "z\(layer.layer): \(layer.nonFiniteExamples) of \(count) examples \(verb) a posterior mean that is not finite "
      + "(example \(list)\(more)); they are left out of everything about the layer"
  }

  private static func gapAboveTarget(_ estimator: String, _ wide: [Int], of count: Int) -> String {
    let words =
      "the gap is above \(Text.plain(TunedAnnealing.gapTarget)) nat: \(estimator) is that far from the truth at most"
    guard !wide.isEmpty else { return words + ", and may be" }
    let which = wide.prefix(10).map(String.init).joined(separator: ", ") + (wide.count > 10 ? ", …" : "")
    return words + ", above all on \(wide.count) of \(count) simulated examples (\(which)) whose gap is more than "
      + "\(Text.plain(BracketSummary.wideGap)) nat: there a mode is missed, or the upper end is far too high"
  }
}
