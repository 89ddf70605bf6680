import ArgumentParser
import Evidence

/// How `annealed` and `ladder` anneal.
struct AnnealingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Chains of an example, for annealed and ladder.", valueName: "c"))
  var chains = 16

  @Option(
    help: ArgumentHelp(
      "Temperatures of a chain; auto: doubled on data simulated from the model until the gap is at most "
        + "\(TunedAnnealing.gapTarget) nat.", valueName: "t"))
  var temperatures = TemperatureCount.auto

  @Option(help: ArgumentHelp("Leapfrog steps of a move of a chain.", valueName: "l"))
  var leapfrogs = 4

  func validate() throws {
    if chains < 1 { throw ValidationError("--chains: expected at least 1, found \(chains)") }
    if leapfrogs < 1 { throw ValidationError("--leapfrogs: expected at least 1, found \(leapfrogs)") }
  }

  /// The estimator that they make.
  var annealing: AnnealedImportanceSampling {
    AnnealedImportanceSampling(chains: chains, temperatures: temperatures.count, leapfrogs: leapfrogs)
  }
}

/// `--temperatures`.
enum TemperatureCount: ExpressibleByArgument, Sendable, Equatable {
  case auto
  case fixed(Int)

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let count = Int(argument), count > 0 {
      self = .fixed(count)
    } else {
      return nil
    }
  }

  /// Nil where it is to be found out.
  var count: Int? {
    if case .fixed(let count) = self { return count }
    return nil
  }

  var defaultValueDescription: String { count.map(String.init) ?? "auto" }
}
