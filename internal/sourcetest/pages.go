package sourcetest

import (
	"fmt"
	"strings"
)

// Words are the words of a page that a reader of it must not need: its headings
// and sentences in one language.
type Words struct {
	Language, Title, Description, Request, Transcoding, Path, Parameters, Name, Body, Empty, Response, ResponseText, Form, Fields, Field,
	Scopes, One, More, Updated string
}

// Languages are the words of pages in several scripts, with other digits and
// from right to left, too.
var Languages = []Words{
	{"en", "Method: archiveJobs.retry", "Retries a failed Portability Archive job.", "HTTP request", "The URL uses gRPC Transcoding syntax.",
		"Path parameters", "Parameters", "Required. The Archive job ID you're retrying. This is returned by the InitiatePortabilityArchiveResponse. Retrying is only executed if the initial job failed.",
		"Request body", "The request body must be empty.", "Response body", "Response from retrying a Portability Archive.\nIf successful, the response body contains data with the following structure:", "JSON representation", "Fields",
		"The archive job ID that is initiated by the retry endpoint. This can be used to get the state of the new job.",
		"Authorization scopes", "Requires one of the following OAuth scopes:", "For more information, see the OAuth 2.0 Overview.",
		"Last updated 2025-07-25 UTC."},
	{"de", "Methode: archiveJobs.retry", "Wiederholt einen Auftrag, der gescheitert ist.", "HTTP-Anfrage", "Die Adresse folgt der Transcodierung von gRPC.",
		"Pfadparameter", "Parameter", "Erforderlich. Die ID des Auftrags.", "Anfragetext", "Er muss leer sein.", "Antworttext",
		"Die Antwort auf die Wiederholung.", "JSON-Darstellung", "Felder", "Die ID des neuen Auftrags.", "Bereiche der Autorisierung",
		"Einer dieser Bereiche ist nötig:", "Mehr dazu steht in der Übersicht zu OAuth 2.0.", "Zuletzt aktualisiert: 2025-07-25 (UTC)."},
	{"ja", "メソッド: archiveJobs.retry", "失敗したジョブを再試行します。", "HTTP リクエスト", "URL は gRPC の構文を使います。", "パスパラメータ", "パラメータ",
		"必須。ジョブの ID。", "リクエスト本文", "空でなければなりません。", "レスポンスの本文", "再試行の応答。", "JSON 表現", "フィールド", "新しいジョブの ID。",
		"認可スコープ", "次のいずれかが必要です。", "詳しくは OAuth 2.0 の概要をご覧ください。", "最終更新日 ２０２５-０７-２５ UTC。"},
	{"ar", "الطريقة: \u200earchiveJobs.retry\u200e", "تعيد محاولة مهمة فشلت.", "طلب HTTP", "يستخدم العنوان صيغة gRPC.", "معلمات المسار", "المعلمات",
		"مطلوب. معرّف المهمة.", "نص الطلب", "يجب أن يكون فارغا.", "نص الاستجابة", "الرد على المحاولة.", "تمثيل JSON", "الحقول", "معرّف المهمة الجديدة.",
		"نطاقات التفويض", "يتطلب أحد هذه النطاقات:", "لمزيد من المعلومات انظر \u200eOAuth 2.0\u200e.", "آخر تعديل: \u200e٢٠٢٥-٠٧-٢٥\u200e (حسب التوقيت العالمي)."},
}

const (
	// Request is what the pages give as HTTP method and path.
	Request = "POST https://dataportability.googleapis.com/v1/{name=archiveJobs/*}:retry"
	mark    = "\u200f"
)

// Text gives a page as a browser shows it.
func Text(words Words, scopes ...string) string {
	lines := []string{words.Title, words.Description, words.Request, mark + Request, words.Transcoding, words.Path, words.Parameters + " |", "name |",
		"string", words.Name, "|", words.Body, words.Empty, words.Response, words.ResponseText, words.Form + " |", "{", `"archiveJobId": string`, "} |",
		words.Fields + " |", "archiveJobId |", "string", words.Field, "|", words.Scopes, words.One}
	lines = append(lines, scopes...)
	return strings.Join(append(lines, words.More, "CC BY 4.0, Apache 2.0", words.Updated), "\n") + "\n"
}

// HTML gives a page with the elements that the site puts around its content:
// menus before it, a footer after it, scripts and styles in between.
func HTML(words Words, scopes ...string) string {
	var list strings.Builder
	for _, scope := range scopes {
		fmt.Fprintf(&list, "<li><code dir=\"ltr\" translate=no>%s</code></li>\n", scope)
	}
	return fmt.Sprintf(`<!doctype html>
<html lang="%s"><head><meta charset=utf-8><title>%s</title><style>a{color:red}</style>
<script>var scope = "https://www.googleapis.com/auth/nowhere.script"; var x = "</p>";</script></head>
<body><devsite-header><nav><ul><li><a href="/data-portability">2001-01-01</a><li>OAuth 2.0</ul></nav></devsite-header>
<article><h1>%s</h1><div class="devsite-article-body clearfix">
<p>%s</p>
<h2 id="body.HTTP_TEMPLATE">%s</h2>
<p><code dir="ltr">POST https://dataportability.googleapis.com/<wbr>v1/&#123;name=archiveJobs/*}:retry</code></p><p>%s</p>
<h2 id="body.PATH_PARAMETERS">%s</h2>
<table><thead><tr><th colspan=2>%s</th></tr></thead><tbody><tr><td><code>name</code></td><td><p><code>string</code></p><p>%s</p></td></tr></tbody></table>
<h2 id="body.request_body">%s</h2><p>%s</p>
<h2 id="body.response_body">%s</h2><p>%s</p>
<table><thead><tr><th>%s</th></tr></thead><tbody><tr><td><pre dir="ltr">{
  "<a href="#x">archiveJobId</a>": string
}</pre></td></tr></tbody></table>
<table><thead><tr><th colspan=2>%s</th></tr></thead><tbody><tr><td><code>archiveJobId</code></td><td><p><code>string</code></p><p>%s</p></td></tr></tbody></table>
<h2 id="body.aspect">%s</h2><p>%s</p>
<ul>
%s</ul>
<p>%s</p>
</div></article><footer>%s</footer></body></html>
`, words.Language, words.Title, words.Title, words.Description, words.Request, words.Transcoding, words.Path, words.Parameters, words.Name, words.Body,
		words.Empty, words.Response, words.ResponseText, words.Form, words.Fields, words.Field, words.Scopes, words.One, list.String(), words.More, words.Updated)
}
