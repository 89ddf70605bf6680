import Wording

typealias Text = Wording.Text
typealias TextTable = Wording.TextTable
