package tokens

// What the classes of pieces cost, in thousandths of a token. See the package
// comment for where the numbers are from.

var o200kWeights = weights{
	words: 908, joinedWords: 503, letters6: 119, letters12: 575, dense: 485, accents: 1049,
	numbers: 1058, marks: 950, moreMarks: 97, sameMarks: 75, spaces: 952, lines: 1329,
	han: 753, kana: 632, hangul: 696, cyrillic: 262, scripts: 603, fullMarks: 1108, symbols: 2140, raw: 1000,
}

var cl100kWeights = weights{
	words: 914, joinedWords: 366, letters6: 128, letters12: 993, dense: 561, accents: 1922,
	numbers: 1085, marks: 969, moreMarks: 69, sameMarks: 30, spaces: 945, lines: 1122,
	han: 1085, kana: 939, hangul: 1030, cyrillic: 419, scripts: 843, fullMarks: 956, symbols: 2585, raw: 1000,
}

var llamaWeights = weights{
	words: 934, joinedWords: 359, letters6: 164, letters12: 868, dense: 535, accents: 909,
	numbers: 1119, marks: 943, moreMarks: 62, sameMarks: 23, spaces: 930, lines: 769,
	han: 700, kana: 547, hangul: 733, cyrillic: 303, scripts: 964, fullMarks: 1942, symbols: 2672, raw: 1000,
}

var gemmaWeights = weights{
	words: 924, joinedWords: 1006, letters6: 88, letters12: 565, dense: 361, accents: 909,
	numbers: 856, digits: 515, marks: 1221, sameMarks: 53, spaces: 1145, lines: 1254,
	han: 592, kana: 379, hangul: 635, cyrillic: 247, scripts: 423, fullMarks: 1073, symbols: 1000, raw: 1000,
}

var deepseekWeights = weights{
	words: 904, joinedWords: 593, letters6: 139, letters12: 899, dense: 509, accents: 1673,
	numbers: 1028, marks: 1069, moreMarks: 128, sameMarks: 20, spaces: 768, lines: 1573,
	han: 633, kana: 620, hangul: 774, cyrillic: 285, scripts: 794, fullMarks: 479, symbols: 1325, raw: 1000,
}

// qwenWeights also serve Mistral, whose tokenizer too makes a token of every digit.
var qwenWeights = weights{
	words: 866, joinedWords: 268, letters6: 168, letters12: 821, dense: 403, accents: 1401,
	numbers: 1622, digits: 211, marks: 1004, moreMarks: 42, sameMarks: 26, spaces: 907, lines: 1219,
	han: 637, kana: 556, hangul: 745, cyrillic: 311, scripts: 942, fullMarks: 1150, symbols: 2000, raw: 1000,
}

// claudeWeights are for Claude from Opus 4.7 on.
var claudeWeights = weights{
	words: 1435, joinedWords: 855, letters6: 208, letters12: 1006, dense: 606, accents: 1574,
	numbers: 1217, marks: 1472, moreMarks: 194, sameMarks: 98, spaces: 1428, lines: 2126,
	han: 1077, kana: 853, hangul: 940, cyrillic: 419, scripts: 1327, fullMarks: 1330, symbols: 2354, raw: 1000,
}

// oldClaudeWeights are for Claude up to 4.6, and Haiku 4.5.
var oldClaudeWeights = weights{
	words: 953, joinedWords: 629, letters6: 137, letters12: 661, dense: 558, accents: 1206,
	numbers: 1111, marks: 1282, moreMarks: 194, sameMarks: 98, spaces: 1333, lines: 1794,
	han: 1077, kana: 853, hangul: 940, cyrillic: 419, scripts: 1327, fullMarks: 1330, symbols: 2354, raw: 1000,
}
