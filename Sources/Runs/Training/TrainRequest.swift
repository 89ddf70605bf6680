package import Evidence
package import Training

/// A training run as it is asked for.
package struct TrainRequest: Sendable {
  /// The file of data.
  package var data: String
  /// The dataset in it; nil where there is only one.
  package var dataset: String?
  /// What is chosen of the preparation; the model file says the rest.
  package var preparation = PreparationChoice()
  /// The model to write.
  package var output: String
  /// The networks that training begins with.
  package var start = Start.paperOneLayer
  /// How it is trained; `examples` and `validation` are taken from below.
  package var options: TrainingOptions
  /// Examples that are trained on; all where nothing is said.
  package var examples: ExampleRange?
  /// Examples that are not trained on.
  package var validation: ExampleRange?
  /// Whether to go on with the run that left a checkpoint.
  package var resumes = false
  /// Whether files that are there may be replaced.
  package var replaces = false

  /// Where the networks come from.
  package enum Start: Sendable, Equatable {
    /// The paper's.
    case paperOneLayer, paperTwoLayers
    /// A JSON file.
    case architecture(String)
    /// A model file, with new weights where they are trained.
    case like(String)
    /// A model file, with its weights.
    case weights(String)
  }

  /// A run of what is usual.
  package init(data: String, output: String, options: TrainingOptions) {
    self.data = data
    self.output = output
    self.options = options
  }

  /// The checkpoint, beside the model.
  package var checkpoint: String { output + ".checkpoint" }

  /// The model file that training begins with, if it is one.
  var model: String? {
    switch start {
    case .like(let path), .weights(let path): path
    default: nil
    }
  }
}

/// Why a training run can't be made, or was stopped.
package enum TrainingProblem: Sendable {
  /// There is no run to go on with.
  case noCheckpoint(path: String)
  /// There is a run already that could be gone on with.
  case checkpointExists(path: String)
  /// There is no such file of an architecture.
  case noArchitecture(path: String)
  /// Parts of the model can't be trained.
  case cannotTrain(path: String, InvalidModel)
  /// The run was stopped, and can be gone on with.
  case stopped(epochs: Int, of: Int)
}

/// Whoever watches a training run.
package protocol TrainingWatch: AnyObject {
  /// One more step.
  func advance(_ progress: TrainingProgress)
  /// No more come.
  func end()
}

/// A training run that nobody watches.
final class UnwatchedTraining: TrainingWatch {
  func advance(_ progress: TrainingProgress) {}
  func end() {}
}
