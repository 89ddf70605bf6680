package import Runs

/// A page, as it is asked for.
package struct ReportRequest: Sendable {
  /// The results.
  package let results: String
  /// Other results on the same data, and what `units` and `check` printed.
  package var parts: [String] = []
  /// The data of the results, for their images.
  package var data: String?
  /// The dataset of the data; nil for that of the results.
  package var dataset: String?
  /// The model of the results, for what it makes of the images.
  package var model: String?
  /// Whether the latent units are found for the page, which takes the data and the model.
  package var findsUnits = false

  /// A page of these results alone.
  package init(results: String) { self.results = results }
}

/// A page, and what it should be read with.
package struct ReportOutcome: Sendable {
  /// The page.
  package let html: String
  /// What could not be shown.
  package let warnings: [RunWarning]
}
