package import Evidence

/// Why a run can't be made, or was stopped: a value, worded by whoever shows it.
package enum RunError: Error, Sendable {
  /// A file is of another kind than its part in the run asks for.
  case wrongKind(path: String, FileKind, FileRole)
  /// A model was given for the data, and something else for the model.
  case exchanged(model: String, data: String)
  /// A Keras model, where only an imported one is looked at.
  case notImported(path: String)
  /// There is no such file.
  case noSuchFile(path: String)
  /// A model is not that of the results.
  case otherModel(path: String, expected: String, found: String)
  /// A file is not what a command of these names prints, for this reason.
  case notPrinted(PrintedOutput, problem: String)
  /// The range ends past the examples that there are.
  case examplesOutside(Range<Int>, count: Int)
  /// The range, from its first number to its second, holds no example.
  case emptyRange(Int, Int)

  /// More shards than examples.
  case emptyShard(Shard, examples: Int)
  /// No launcher has said which part this process is.
  case noLauncher
  /// What a launcher says is no part.
  case noShard(launcher: String, index: Int, count: Int)
  /// The process is a task of an array that leaves numbers out.
  case arrayWithHoles(launcher: String, task: Int, first: Int, last: Int)
  /// What the environment's own variable holds is no part.
  case invalidShardVariable(String)
  /// Two launchers say different things.
  case launchersDisagree(String, Shard, String, Shard)

  /// More draws of the units' chains than a model takes at once.
  case tooManyDraws(Int, most: Int)
  /// A variance over examples needs two of them.
  case tooFewExamples
  /// The estimator has no upper bound.
  case noBracket(estimator: String)

  /// There is a file where an output should be, and none of these may take its place.
  case outputExists(path: String, Output)
  /// The output is a directory.
  case outputIsDirectory(path: String)
  /// The output is one of the files that are read.
  case outputIsInput(path: String)
  /// There is no folder for the output.
  case noFolder(path: String, folder: String)
  /// The output's folder can't be written to.
  case folderNotWritable(path: String, folder: String)
  /// The output can't be made, as the system says.
  case cannotCreate(path: String, reason: String)

  /// There is a file where a page should be, and it is none.
  case outputIsNoPage(path: String)
  /// A page can't take the place of a directory.
  case pageIsDirectory(path: String)

  /// Two models take the same data differently, in these respects.
  case preparedDifferently(String, String, [String])
  /// Results of several models go to a folder, and this is a file.
  case outputIsNoFolder(path: String)

  /// An evaluation was stopped.
  case stopped(finished: Int, of: Int, Rows, saved: SavedRows?)

  /// A training run.
  case training(TrainingProblem)

  /// The outputs that are never replaced unasked.
  package enum Output: Sendable {
    /// Posterior means and scales.
    case latents
    /// The log-likelihoods of an ablation.
    case ablation
    /// A model.
    case model
    /// A description of a model.
    case draft
  }

  /// What commands print for programs, and a page is made of.
  package enum PrintedOutput: Sendable {
    /// Of latent units.
    case units
    /// Of a bracket on simulated data.
    case check
  }

  /// What a run's rows are of.
  package enum Rows: Sendable {
    /// Examples, each evaluated once.
    case examples
    /// Evaluations of examples by one model or another.
    case evaluations
  }

  /// The rows of a run that was stopped.
  package struct SavedRows: Sendable, Equatable {
    /// The results file.
    package let path: String
    /// How many are in it.
    package let saved: Int
    /// How many are beside it until the run goes on.
    package let journaled: Int
  }
}
