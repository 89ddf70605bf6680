import ArgumentParser
import Evidence
import Foundation
import Runs

/// How an evaluation runs: its seed and its threads. Neither the threads nor the range change a result.
struct RunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The seed of all randomness.", valueName: "s"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Worker threads. (default: the processors that this process may use)", valueName: "t"))
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads: expected at least 1, found \(threads)") }
  }

  /// What is asked for.
  var request: EvaluationRequest { EvaluationRequest(seed: seed, threads: threads) }
}

/// How many draws.
struct SamplingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Draws of the latents for each example.", valueName: "k"))
  var samples = EstimatorOptions.defaultSamples

  func validate() throws {
    if samples < 1 { throw ValidationError("--samples: expected at least 1, found \(samples)") }
    if samples > RandomNumbers.largestDrawCount {
      throw ValidationError("--samples: expected at most \(RandomNumbers.largestDrawCount), found \(samples)")
    }
  }
}

/// Where per-example results go.
struct ResultsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write per-example results to this HDF5 file as they come.", valueName: "results.h5"),
    completion: .file())
  var output: String?

  @Flag(help: "Go on with the run in --output; refused when the model, the data or a setting differs.")
  var resume = false

  /// What is asked for.
  var request: ResultsRequest? {
    output.map { path in
      var request = ResultsRequest(path: path)
      request.resumes = resume
      return request
    }
  }

  /// The results that are read. A shard's name is known once the data are open; it is read as other results are.
  func untrusted(_ sharding: ShardOptions) -> [String] {
    let balance = [sharding.balance].compactMap(\.self)
    guard resume, sharding.shard == nil, let output, FileManager.default.fileExists(atPath: output) else {
      return balance
    }
    return [output] + balance
  }

  func validate() throws {
    if resume && output == nil { throw ValidationError("--resume: say which run to go on with: --output RESULTS.h5") }
  }
}
