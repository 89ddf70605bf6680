import Evidence
package import JSON
import Training
import Wording

/// What a training run has to report.
package struct TrainOutcome: RunOutcome {
  /// An epoch that was finished.
  struct Epoch {
    let number: Int
    let bound: Double
    let rate: Double
    let validation: Double?
    let seconds: Double

    init(_ progress: TrainingProgress, seconds: Double) {
      number = progress.epoch + 1
      bound = progress.bound
      rate = progress.rate
      validation = progress.validation
      self.seconds = seconds
    }
  }

  let path: String
  let checkpoint: String
  let data: any FileSource
  let preprocessing: Preprocessing
  let options: TrainingOptions
  /// How many examples were trained on.
  let examples: Int
  let parameters: Int
  let model: NetworkModel
  /// Epochs that an earlier run had finished.
  let firstEpoch: Int
  let history: [Epoch]
  let seconds: Double

  package let warnings: [RunWarning] = []

  private var objectiveName: String {
    switch options.objective {
    case .evidenceLowerBound: "vae"
    case .importanceWeighted: "iwae"
    case .wake: "wake"
    }
  }

  /// For people.
  package func text(in words: any RunWords) -> String {
    let latents = model.latentCounts.map(String.init).joined(separator: " + ")
    var lines = ["\(path): \(parameters) numbers trained, latents \(latents)"]
    if let last = history.last {
      lines.append(
        "\(objectiveName), k = \(options.samples), epochs \(firstEpoch + 1) to \(last.number) in \(Text.duration(seconds)): "
          + "\(options.boundName) \(Text.fixed(last.bound, 2)) on the training set in the last")
    } else {
      lines.append("the run is at epoch \(firstEpoch) of \(options.epochs) already: nothing was left to do")
    }
    if let validation = history.last(where: { $0.validation != nil })?.validation {
      lines.append("L_\(options.samples) of the examples for validation: \(Text.fixed(validation, 2))")
    }
    lines.append("\(checkpoint) holds what more epochs need: \(words.words(.resume))")
    return lines.joined(separator: "\n")
  }

  /// For programs.
  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "train",
      "model": [
        "path": .string(path), "checkpoint": .string(checkpoint), "latents": JSONValue(model.latentCounts),
        "likelihood": .string(model.likelihood.rawValue), "trained": .integer(parameters),
      ],
      "data": [
        "path": .string(data.file), "dataset": .string(data.path), "examples": .integer(examples),
        "binarize": .string(preprocessing.binarize.rawValue), "divideBy": .number(preprocessing.divideBy),
      ],
      "objective": .string(objectiveName), "samples": .integer(options.samples), "batch": .integer(options.batch),
      "learningRate": .number(options.rate), "epochs": .integer(options.epochs),
      "history": .array(
        history.map { epoch in
          [
            "epoch": .integer(epoch.number), "bound": JSONValue(epoch.bound), "rate": JSONValue(epoch.rate),
            "validation": JSONValue(epoch.validation), "seconds": JSONValue(epoch.seconds),
          ]
        }),
      "timing": ["seconds": .number(seconds)],
    ]
  }
}

extension TrainingOptions {
  /// What the running bound is called.
  package var boundName: String { objective == .evidenceLowerBound ? "ELBO" : "L_\(samples)" }
}
