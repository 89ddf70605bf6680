/// The files beside a results file while a run goes on.
enum ResultsPaths {
  /// Rows that are not in the results file yet.
  static func journal(_ results: String) -> String { results + ".journal" }

  /// What a results file is called until it takes the place of the last one. The journal's lock lets only one run have it.
  static func partial(_ results: String) -> String { results + ".partial" }
}
