import Evidence
import KerasImport
import Runs
import Statistics
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

  func reproduction(of settings: ResultsSettings, results: String) -> String {
    ReproducingCommand.text(settings, results: results)
  }

  func words(_ warning: RunWarning) -> String {
    switch warning {
    case .concern(let concern, let samples, let output): words(concern, samples: samples, output: output)
    case .noisyDirections: "\(warning.problem); try more --draws or more examples"
    case .gapAboveTarget(_, [], _): "\(warning.problem); try --estimator annealed with more --temperatures"
    case .gapAboveTarget: "\(warning.problem); more --temperatures help little"
    case .ofModel(let name, let warning): "\(name): \(words(warning))"
    default: warning.problem
    }
  }

  /// A concern in plain words and with what to do.
  ///
  /// - Parameters:
  ///   - samples: How many draws were taken.
  ///   - output: The results file.
  func words(_ concern: Concern, samples: Int, output: String?) -> String {
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
