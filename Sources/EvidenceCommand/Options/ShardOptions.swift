import ArgumentParser
import Foundation
import Runs

/// Which part of the examples this process evaluates.
struct ShardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Evaluate the I-th of N contiguous parts of the examples, I from 0; auto takes both from the launcher (EVIDENCE_SHARD, "
        + "mpirun, srun, a job array). The name of --output gets the part's range; `evidence merge` puts them together.",
      valueName: "i/n|auto"))
  var shard: ShardChoice?

  @Option(
    help: ArgumentHelp(
      "Cut the parts so that each takes as long as the others, by what examples took in these results of an earlier run. "
        + "All parts must be given the same file.", valueName: "results.h5"),
    completion: .file())
  var balance: String?

  func validate() throws {
    guard balance == nil || shard != nil else {
      throw ValidationError("--balance: say which part: --shard I/N, or --shard auto")
    }
  }

  /// What is asked for.
  var request: ShardRequest? {
    shard.map { ShardRequest($0, environment: ProcessInfo.processInfo.environment, balance: balance) }
  }
}
