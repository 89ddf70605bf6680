import Evidence
import Foundation
import TestSupport
import Testing

@testable import EvidenceCommand

/// The samples of models that are given more than x, by the command, beside what the frameworks that trained them compute
/// (docs/sample/train_conditional.py, docs/sample/train_counts.py).
@Suite struct CovariateSampleTests {
  private struct Reference: Decodable {
    var samples: Int
    var logLikelihood: [Double]?
    var error: [Double]?
    var mean: Double?
  }

  private func reference(_ name: String) throws -> Reference {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  /// The results file of a run of `nll` on a sample.
  private func results(_ arguments: [String], in directory: String) throws -> ResultsFile {
    let path = directory + "/results.h5"
    let run = try Executable.evidence.run(["nll"] + arguments + ["--output", path])
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.contains("log p(x | "), "\(run.output)")
    return try ResultsFile(reading: path)
  }

  /// Digits of every label in one run, each within five standard errors of PyTorch's estimate by other draws.
  @Test func digitsGivenTheirLabels() throws {
    let reference = try reference("digits-cvae-reference")
    let expected = try #require(reference.logLikelihood)
    let errors = try #require(reference.error)
    try withTemporaryDirectory { directory in
      let file = try results(
        [
          Repository.path("docs/sample/digits-cvae.h5"), Repository.digits, "--dataset", "images", "--covariate",
          "label=labels", "--examples", "..40", "--samples", "1000",
        ], in: directory)
      let rows = try file.rows(0..<40, of: LogLikelihoodMeasurement.self)
      var compared = 0
      // An error is one where k̂ allows for it.
      for row in rows where row.paretoK < 0.6 {
        let error = (pow(row.monteCarloStandardError, 2) + pow(errors[row.index], 2)).squareRoot()
        #expect(abs(row.logLikelihood - expected[row.index]) < 5 * error, "example \(row.index)")
        compared += 1
      }
      #expect(compared > 20)
    }
  }

  /// What a model makes of digits it makes of them and of their labels, which the page takes from where the results did.
  @Test func pageOfDigitsGivenTheirLabels() throws {
    let model = Repository.path("docs/sample/digits-cvae.h5")
    try withTemporaryDirectory { directory in
      let file = try results(
        [
          model, Repository.digits, "--dataset", "images", "--covariate", "label=labels", "--examples", "..20",
          "--samples", "20",
        ], in: directory)
      let page = try Executable.evidence.run(
        "report", file.path, "--data", Repository.digits, "--model", model, "--units", "-o", "-", in: directory)
      #expect(page.status == 0, "\(page.error)")
      #expect(["Reconstructions", "Single units", "Latent units"].allSatisfy(page.output.contains))
    }
  }

  /// Cells of two batches as AnnData stores them, by scvi-tools' get_marginal_ll.
  @Test func cellsGivenTheirBatchAndTotal() throws {
    let reference = try reference("cells-reference")
    let expected = try #require(reference.mean)
    try withTemporaryDirectory { directory in
      let file = try results(
        [
          Repository.path("docs/sample/cells-scvi.h5"), Repository.path("docs/sample/cells-test.h5ad"), "--samples",
          "\(reference.samples)",
        ], in: directory)
      let rows = try file.rows(0..<file.count, of: LogLikelihoodMeasurement.self)
      let mean = rows.map(\.logLikelihood).reduce(0, +) / Double(rows.count)
      let errors = rows.map { pow($0.monteCarloStandardError, 2) }.reduce(0, +)
      // Both by as many draws.
      let error = (2 * errors).squareRoot() / Double(rows.count)
      #expect(abs(mean - expected) < 5 * error)
      let names = try #require(try file.exampleNames())
      #expect(names.first == "cell800" && names.count == rows.count)
    }
  }
}
