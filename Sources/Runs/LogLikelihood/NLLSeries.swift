import Evidence
import Foundation

/// The log-likelihoods of the same data under several models, one after the other, and how they compare.
package struct NLLSeries {
  private let runs: [NLLRun]
  private let host: any RunHost

  /// Opens every model and the data, before anything is evaluated.
  ///
  /// - Parameter folder: Where each run's results go, under the model's name; nil for nowhere.
  /// - Throws: What is wrong with any of them; `RunError.preparedDifferently` where two models see the data differently.
  package init(_ requests: [NLLRequest], folder: String?, resumes: Bool, host: any RunHost) throws {
    self.host = host
    let names = FileNames.distinct(requests.map(\.inputs.model))
    let dataDigest = requests.first?.inputs.dataDigest
    if let folder { try Self.make(folder) }
    runs = try zip(requests, names).map { request, name in
      var request = request
      request.keepsScores = true
      if let dataDigest { request.inputs.dataDigest = dataDigest }
      request.results = folder.map { folder in
        var results = ResultsRequest(path: Self.path(folder, name))
        results.resumes = resumes
        return results
      }
      return try NLLRun(request, host: host)
    }
    let settings = try runs.map { try $0.settings() }
    for other in settings.dropFirst() {
      let differences = other.dataDifferences(from: settings[0])
      if !differences.isEmpty {
        throw RunError.preparedDifferently(settings[0].modelPath, other.modelPath, differences)
      }
    }
  }

  /// The results file of a model.
  package static func path(_ folder: String, _ name: String) -> String {
    (folder.hasSuffix("/") ? folder : folder + "/") + name + ".h5"
  }

  private static func make(_ folder: String) throws {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else { throw RunError.outputIsNoFolder(path: folder) }
      return
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RunError.cannotCreate(path: folder, reason: (error as NSError).localizedDescription)
    }
  }

  /// Evaluates one after the other.
  package func run() throws -> NLLSeriesOutcome {
    var outcomes: [NLLOutcome] = []
    for (index, run) in runs.enumerated() {
      host.say(.model(run.modelPath, number: index + 1, of: runs.count))
      outcomes.append(try run.run())
    }
    return try NLLSeriesOutcome(outcomes)
  }
}
