import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import EvidenceCommand

/// What `--help` says: the page of all of it, and examples that work on files of this repository.
@Suite struct HelpTests {
  typealias Command = any ParsableCommand.Type

  /// Every command with the words that call it.
  static let commands: [(words: String, type: Command)] =
    [("evidence", RootCommand.self as Command)]
    + CommandList.subcommands.map { ("evidence \($0.configuration.commandName ?? "")", $0) }
    + [("evidence import keras", ImportKerasCommand.self)]

  /// docs/command-reference.md, as it should be.
  static var reference: String {
    let head = """
      # Every command and option

      What `evidence help COMMAND` prints. This page is made of it:

          EVIDENCE_WRITE_DOCS=1 swift test --filter HelpTests


      """
    return commands.reduce(into: head) { page, command in
      let lines = RootCommand.helpMessage(for: command.type, columns: 120)
        .trimmingCharacters(in: .newlines).components(separatedBy: "\n")
        .map { $0.replacing(#/ +$/#, with: "") }
      page += "\n## \(command.words)\n\n```text\n\(lines.joined(separator: "\n"))\n```\n"
    }
  }

  @Test func thePageOfAllOptionsIsTheHelp() throws {
    let path = Repository.path("docs/command-reference.md")
    if ProcessInfo.processInfo.environment["EVIDENCE_WRITE_DOCS"] != nil {
      try Self.reference.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let page = try String(contentsOfFile: path, encoding: .utf8)
    for (found, wanted) in zip(page.components(separatedBy: "\n"), Self.reference.components(separatedBy: "\n")) {
      #expect(found == wanted, "make it again: EVIDENCE_WRITE_DOCS=1 swift test --filter HelpTests")
    }
    #expect(page.count == Self.reference.count)
  }

  /// The command lines of a command's help, without those on files that only a reader has.
  static func examples(_ command: Command) -> [String] {
    command.configuration.discussion.components(separatedBy: "Of files of your own:")[0]
      .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0.hasPrefix("evidence ") }
  }

  /// `.ci/book` runs them.
  @Test(arguments: commands.indices)
  func examplesParseAndTheirFilesAreThere(index: Int) throws {
    let command = Self.commands[index]
    let examples = Self.examples(command.type)
    if !["evidence import", "evidence demo", "evidence estimators"].contains(command.words) {
      #expect(!examples.isEmpty, "\(command.words)")
    }
    var files = Set<String>()
    for folder in ["Sources/EvidenceCommand/Resources", "Tests/KerasImportTests/Fixtures"] {
      files.formUnion(try FileManager.default.contentsOfDirectory(atPath: Repository.path(folder)))
    }
    for example in examples {
      let words = example.split(separator: " ").map(String.init)
      let line = Array(words.dropFirst().prefix { !["|", ">"].contains($0) })
      #expect(throws: Never.self, "\(example)") { try RootCommand.parseAsRoot(line) }
      let outputs = zip(words, words.dropFirst()).filter { ["-o", "--output", "--latents", ">"].contains($0.0) }.map(
        \.1)
      for word in words.dropFirst() where word.hasSuffix(".h5") || word.hasSuffix(".keras") || word.hasSuffix(".json") {
        // Parts have their range before the ending.
        let name = word.replacingOccurrences(of: "-*", with: "")
        #expect(files.contains(name) || outputs.contains(name), "\(example): \(word)")
      }
      files.formUnion(outputs)
    }
  }
}
