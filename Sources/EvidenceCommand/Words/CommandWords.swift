import Evidence
import KerasImport
import Runs
import Wording

/// What outcomes leave to whoever shows them, in the words of a command line.
struct CommandWords: RunWords {
  func words(_ hint: RunHint) -> String {
    switch hint {
    case .allErrors: "--all-errors reports the error all the same"
    case .allUnits: "--all-units shows them"
    case .summarizeUnits(let output):
      "which units are active: the command that made the parts, without --shard, with --output "
        + "\(CommandLineText.quoted(output)) --resume"
    case .resume: "go on with --resume"
    case .next(let step): words(step)
    case .evaluate(let model): "evidence nll \(CommandLineText.quoted(model)) DATA.h5 --examples ..100 --samples 500"
    }
  }

  /// `--split-head`.
  func name(of option: KerasOption) -> String {
    "--" + option.rawValue.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
  }

  func words(_ warning: RunWarning) -> String {
    switch warning {
    case .concern(let concern, let samples, let output): Warnings.words(concern, samples: samples, output: output)
    case .roundedCounts(let example, let value): Warnings.roundedCounts(first: example, value)
    case .unlocked(let path): Warnings.unlocked(path)
    case .fewerThreads(let count, let reason): Warnings.fewerThreads(count, reason: reason)
    case .nonFiniteMeans(let layer, let count): Warnings.nonFiniteMeans(layer, of: count)
    case .fewerExamplesThanUnits(let layer): Warnings.rankDeficient(layer)
    case .noisyDirections(let layer): Warnings.noisy(layer)
    case .nonFiniteEstimates(let estimates, let count): "\(estimates) of \(count) estimates are not finite"
    case .gapAboveTarget(let estimator, let wide, let count): Warnings.gapAboveTarget(estimator, wide, of: count)
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
      "\(first) and \(second) samples: with fewer, estimates are lower on average"
    case .likelihoodsDiffer(let likelihoods):
      "the likelihoods differ (\(likelihoods.map { $0 ?? "not known" }.joined(separator: ", "))): figures of different kinds "
        + "of data can't be compared"
    case .examplesNotInAll(let common, let most):
      "only the \(Text.counted(common, "example")) in all results are compared, of \(most) at most"
    case .ofModel(let name, let warning): "\(name): \(words(warning))"
    case .examplesInOneFile(let common, let first, let second):
      "only the \(Text.counted(common, "example")) in both are compared: \(first.count) are only in \(first.path), "
        + "\(second.count) only in \(second.path)"
    }
  }

  private func words(_ step: Verdict.NextStep) -> String {
    switch step {
    case .estimator(let name): "--estimator \(name)"
    case .samples(let samples): "--samples \(samples)"
    case .temperatures(let count): "--temperatures \(count)"
    case .binarize: "--binarize threshold or --binarize bernoulli"
    case .evaluateAlone(let example): "--examples \(example)..\(example + 1)"
    }
  }
}
